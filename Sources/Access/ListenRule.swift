/// Where a server may listen: without credentials on its own machine only.
package enum ListenRule {
    package struct Refusal: Error, Equatable, Sendable, CustomStringConvertible {
        package let address: String

        package var description: String {
            """
            refusing to listen on \(address): without credentials everybody who reaches it could read and change all \
            tenants. Listen on 127.0.0.1, or configure an admin token (rowhouse access token makes one)
            """
        }
    }

    /// - Parameter address: `host:port` or a host; one without a host means all addresses.
    /// - Returns: nil if it may.
    package static func check(_ address: String, credentialsConfigured: Bool) -> Refusal? {
        if credentialsConfigured || HostText.isLoopback(address) || address == "::1" { return nil }
        return Refusal(address: address)
    }
}
