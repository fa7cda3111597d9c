import Synchronization
package import Vocabulary

/// Where each node listens, as the catalog last said. Read by every relayed request, on any thread; replaced now and then.
package final class AddressBook: Sendable {
    private let addresses = Mutex<[NodeID: NodeAddress]>([:])

    package init() {}

    package func address(of node: NodeID) -> NodeAddress? { addresses.withLock { $0[node] } }

    /// - Parameter texts: the address of every node that may be called; what is no address is left out.
    package func replace(_ texts: [NodeID: String]) {
        let parsed = texts.compactMapValues { NodeAddress($0) }
        addresses.withLock { $0 = parsed }
    }
}
