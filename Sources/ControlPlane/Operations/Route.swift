import Access
import Contract
import HTTPTypes
import Hummingbird

extension RouterMethods where Context == ControlContext {
    /// Registers what does an operation, at the operation's own place; who may not call it never gets there.
    func on(
        _ operation: Operation,
        do body: @escaping @Sendable (Request, ControlContext) async throws -> some ResponseGenerator
    ) {
        guard let method = HTTPRequest.Method(rawValue: operation.method) else {
            preconditionFailure("an operation has a method of HTTP")
        }
        let scope = operation.scope
        on(RouterPath(operation.path), method: method) { request, context in
            if let scope { try context.require(scope) }
            return try await body(request, context)
        }
    }
}

extension Operation {
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
