package import Vocabulary

/// Which nodes may have a schema's tenants; empty: any.
package struct PlaceRule: Sendable, Equatable {
    /// One of these; empty: any.
    package var zones: [String] = []
    /// All of these.
    package var labels: [String: String] = [:]
    /// None of these.
    package var forbid: [NodeID] = []

    package init() {}
}
