/// Says of a catalog that it is not to be used, because it is not the one, or not yet: no operation is taken while it stands.
///
/// It is a row beside the catalog's identity, which every mutating transaction looks for; so it holds at once, for every
/// node and every program that knows this rule.
package enum CatalogSeal: Equatable, Sendable {
    /// It was copied there, or is being copied: that is the catalog now.
    case moved(to: String)
    /// It is a copy that is not whole yet: of which catalog, and how far it has come.
    case unfinished(CopyMark)

    /// Its place in `catalog_identity`.
    static let row = 2

    static let select = CatalogStatement("SELECT identity FROM catalog_identity WHERE id = \(row)")

    /// - Throws: `CatalogError`.
    package static func read(_ driver: any CatalogDriver) async throws(CatalogError) -> CatalogSeal? {
        try CatalogSeal(try await driver.run(CatalogTransaction(.read, [select]))[0])
    }

    /// Takes back that a catalog was copied elsewhere. Whoever does it answers for that the copy is not used. Where no answer came
    /// it is asked again, and a seal that has gone since counts as taken back.
    ///
    /// - Returns: false if nothing said so.
    /// - Throws: `CatalogError`.
    package static func lift(_ driver: any CatalogDriver, sleep: Sleep) async throws(CatalogError) -> Bool {
        guard case .moved? = try await read(driver) else { return false }
        let statement = CatalogStatement(
            "DELETE FROM catalog_identity WHERE id = \(row) AND identity LIKE 'moved %'")
        for _ in 0..<4 {
            do throws(CatalogError) {
                _ = try await driver.run(CatalogTransaction(.schema, [statement]))
                return true
            } catch {
                guard case .outcomeUnknown = error else { throw error }
            }
            do { try await sleep(1_000_000_000) } catch { break }
        }
        throw .outcomeUnknown("whether it was reopened; look with catalog check")
    }

    init?(_ result: CatalogRows) throws(CatalogError) {
        guard let row = result.rows.first else { return nil }
        var reader = RowReader("catalog_identity", row)
        let words = try reader.text().split(separator: " ", maxSplits: 1).map(String.init)
        switch words.first {
        case "moved": self = .moved(to: words.last!)
        case "unfinished":
            guard let mark = CopyMark(words.last!) else { throw .damaged("catalog_identity: a seal") }
            self = .unfinished(mark)
        default: throw .damaged("catalog_identity: a seal")
        }
    }

    /// As it is stored.
    var text: String {
        switch self {
        case .moved(let place): "moved \(place)"
        case .unfinished(let mark): "unfinished \(mark)"
        }
    }
}

extension CatalogSeal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .moved(let place): "this catalog was, or is being, copied to \(place), which is used instead"
        case .unfinished(let mark): "this catalog is a copy of \(mark.source) that is not whole yet"
        }
    }
}
