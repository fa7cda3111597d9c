import Access
import Contract
import HTTPTypes
import Hummingbird

extension RouterMethods where Context == ControlContext {
    /// Registers what does an operation, at the operation's own place; who may not call it never gets there. What it changes
    /// is written down under the caller's name, and done once where the request says so.
    ///
    /// - Parameter keepsKey: the body sees to an `Idempotency-Key` itself.
    func on(
        _ operation: Operation, keepsKey: Bool = false,
        do body: @escaping @Sendable (Request, ControlContext) async throws -> Response
    ) {
        guard let method = HTTPRequest.Method(rawValue: operation.method) else {
            preconditionFailure("an operation has a method of HTTP")
        }
        let scope = operation.scope
        on(RouterPath(operation.path), method: method) { request, context in
            if let scope { try context.require(scope) }
            guard operation.method != "GET" else { return try await body(request, context) }
            let takesKey = operation.takesKey && !keepsKey
            return try await context.acting(request, as: operation.id, takesKey: takesKey) {
                try await body($0, context)
            }
        }
    }
}

extension Operation {
    /// Every call that makes something new takes an `Idempotency-Key`.
    var takesKey: Bool { method == "POST" || isOnce }

    /// - Precondition: a scope that is named exists.
    fileprivate var scope: AdminScope? {
        guard case .scope(let name) = caller else { return nil }
        guard let scope = AdminScope(rawValue: name) else { preconditionFailure("there is no scope \(name)") }
        return scope
    }
}

extension ListQuery {
    /// What an operation's request says behind its path.
    ///
    /// - Throws: `APIError` bad_request.
    init(_ request: Request, for operation: Operation) throws(APIError) {
        try self.init(request, of: operation.queryNames)
    }
}
