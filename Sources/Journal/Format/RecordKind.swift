/// What a record says.
package enum RecordKind: UInt8, Sendable, CaseIterable {
    /// Pages changed by one commit; the last part of it if it has several.
    case commit = 1
    /// An earlier part of a large commit or refresh. It counts only once its last part is there.
    case part = 2
    /// The tenant's file was made from a template. Body: the template's hash (8 bytes).
    case created = 3
    /// The tenant's file is now another generation, already synced. Body: the generation before (8 bytes), 0 if none.
    case replaced = 4
    /// The tenant has no file any more. No body.
    case dropped = 5
    /// Pages that earlier commits changed, whole, at the same TxID, so that those records are not needed any more.
    case refresh = 6

    /// Whether the body is made of pages.
    package var hasPages: Bool { self == .commit || self == .part || self == .refresh }
}
