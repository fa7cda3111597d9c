import Access

/// Who makes a tenant by what they send: for the audit log.
package struct RequestAuthor: Sendable {
    /// The credential's name, never the credential.
    package let actor: String
    /// Empty where another node has let the request in.
    package let address: String
    /// Under which the answer knows the request.
    package let request: String
}

extension HranaAdmission {
    func author(of request: DoorRequest) -> RequestAuthor {
        RequestAuthor(
            actor: credential?.principal.description ?? "nobody", address: address, request: request.id.description)
    }
}
