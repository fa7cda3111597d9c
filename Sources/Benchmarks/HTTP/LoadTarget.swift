/// A server that is measured over HTTP, with the tenants that requests are spread over.
package struct LoadTarget: Sendable {
    package struct Tenant: Sendable {
        /// Percent-encoded, without a slash at the end: `/t/acme`.
        package let path: String
        /// Sent as a bearer's; nil where the server asks for none.
        package let token: String?

        package init(path: String, token: String?) {
            self.path = path
            self.token = token
        }
    }

    package let host: String
    package let port: Int
    package let tenants: [Tenant]
    /// Whose CPU is counted; empty where they are not on this machine.
    package let processes: [Int32]

    package init(host: String, port: Int, tenants: [Tenant], processes: [Int32]) {
        self.host = host
        self.port = port
        self.tenants = tenants
        self.processes = processes
    }
}
