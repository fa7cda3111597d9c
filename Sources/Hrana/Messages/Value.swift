/// One SQLite value as it crosses the wire: an argument of a statement, or a column of a row.
///
/// A float may be non-finite here (SQLite stores infinities), although JSON cannot carry one: see `JSONWriter.floatValue`.
package enum Value: Hashable, Sendable {
    case null
    case integer(Int64)
    case float(Double)
    case text(String)
    case blob([UInt8])
}
