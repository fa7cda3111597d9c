/// Holds files on the node's disk that are worth less than anybody's write, and lets go of them when the disk is full.
package protocol DiskRelief: Sendable {
    /// Whether there is anything. Does not block.
    var hasAny: Bool { get }
    /// Lets go of everything; takes as long as removing large files does.
    ///
    /// - Returns: whether there was anything.
    func letGo() -> Bool
}
