extension Turnstile {
    /// - Throws: `TenantsError.busy` with nothing done where too many wait, and what the body throws.
    func passInLine<Result>(_ body: () async throws -> Result) async throws -> Result {
        guard let result = try await pass(body) else { throw TenantsError.busy(queue: "line of the tenant's replicas") }
        return result
    }
}
