package import Vocabulary

/// Why a catalog is not copied, or not further.
package enum CopyError: Error, Equatable, Sendable, CustomStringConvertible {
    case noSource(String)
    case unfinishedSource(String)
    case movedElsewhere(String, String)
    case sealedTarget(String, String)
    case otherCopy(String, of: Identity)
    case notEmpty(String, String)
    case twoAtOnce(String)
    case reopened(String)
    case differs(String, TableSum, TableSum)

    package var description: String {
        switch self {
        case .noSource(let name): "\(name) holds no catalog: no node has ever used it"
        case .unfinishedSource(let name): "\(name) is a copy that is not whole yet; copy the catalog that it is of"
        case .movedElsewhere(let name, let place): "\(name) was, or is being, copied to \(place) already"
        case .sealedTarget(let name, let place): "\(name) was itself copied to \(place)"
        case .otherCopy(let name, let source): "\(name) is a copy, not whole yet, of another catalog (\(source))"
        case .notEmpty(let name, let why): "\(name) is not empty: \(why)"
        case .twoAtOnce(let name): "another copy into \(name) is running"
        case .reopened(let name): "\(name) was reopened while it was copied. The copy was not made the catalog"
        case .differs(let table, let ours, let theirs):
            """
            table \(table) differs: \(ours.rows) rows (\(ours)) in the source, \(theirs.rows) (\(theirs)) in the copy. The copy \
            was not made the catalog; empty it and copy again
            """
        }
    }
}
