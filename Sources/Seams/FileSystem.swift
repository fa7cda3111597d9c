/// One file system, held open for as long as its syncs are to be relied on; given back with its last reference.
///
/// The system tells each holder once of content that it could not write. Somebody who opens it later is not told of what
/// others have heard already, so whoever trusts a sync has held the file system since before the writes that it covers.
package protocol FileSystem: AnyObject, Sendable {
    /// Makes everything written to it before the call durable, whoever wrote it (`syncfs`).
    ///
    /// - Throws: Also for what could not be written since it was opened or last synced. It is final: what was lost is not
    ///   written by a later sync (rule J6).
    func sync() throws(FileError)
}
