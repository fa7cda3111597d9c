/// What the caller of a statement may do to the tenant's data.
package enum Rights: UInt8, Sendable, Hashable {
    case read
    case write
}
