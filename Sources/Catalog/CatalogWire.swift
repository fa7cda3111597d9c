import Vocabulary

/// Transactions and their outcomes as bytes: what one node posts to the node that holds the catalog, and how results are
/// stored. Little-endian, version first; the room's page has the layout.
package enum CatalogWire {
    static let version: UInt8 = 1

    /// - Throws: `CatalogError.refused` where a limit is broken.
    package static func encode(_ transaction: CatalogTransaction) throws(CatalogError) -> [UInt8] {
        try CatalogLimits.check(transaction)
        var writer = WireWriter()
        writer.put(version)
        switch transaction.kind {
        case .read: writer.put(UInt8(0))
        case .write(let operation):
            writer.put(UInt8(1))
            writer.put(operation.id.high)
            writer.put(operation.id.low)
            writer.put(UInt64(bitPattern: operation.at.milliseconds))
            writer.put(UInt8(operation.repeated ? 1 : 0))
        case .schema: writer.put(UInt8(2))
        }
        writer.put(UInt32(transaction.statements.count))
        for statement in transaction.statements { writer.put(statement) }
        return try checked(writer)
    }

    /// - Throws: `CatalogError.refused` for anything that `encode` would not have written.
    package static func decodeTransaction(_ bytes: [UInt8]) throws(CatalogError) -> CatalogTransaction {
        var reader = try opened(bytes)
        let kind: CatalogTransaction.Kind
        switch try reader.byte() {
        case 0: kind = .read
        case 1:
            let id = OperationID(high: try reader.word(), low: try reader.word())
            let at = Int64(bitPattern: try reader.word())
            kind = .write(CatalogOperation(id: id, at: .init(milliseconds: at), repeated: try reader.flag()))
        case 2: kind = .schema
        default: throw .refused("unknown kind of transaction")
        }
        let count = try reader.count(ofAtLeast: 13)
        var statements: [CatalogStatement] = []
        for _ in 0..<count { statements.append(try reader.statement()) }
        try reader.end()
        let transaction = CatalogTransaction(kind, statements)
        try CatalogLimits.check(transaction)
        return transaction
    }

    /// - Throws: `CatalogError.refused` where the result is larger than a message may be.
    package static func encode(_ outcome: Result<[CatalogRows], CatalogError>) throws(CatalogError) -> [UInt8] {
        var writer = WireWriter()
        writer.put(version)
        switch outcome {
        case .success(let results):
            writer.put(UInt8(0))
            writer.put(results)
        case .failure(let error):
            writer.put(error)
        }
        return try checked(writer)
    }

    /// - Throws: `CatalogError.refused` for anything that `encode` would not have written; the outcome's own error is in
    ///   the result.
    package static func decodeOutcome(_ bytes: [UInt8]) throws(CatalogError) -> Result<[CatalogRows], CatalogError> {
        var reader = try opened(bytes)
        let tag = try reader.byte()
        let outcome: Result<[CatalogRows], CatalogError> =
            tag == 0 ? .success(try reader.results()) : .failure(try reader.error(tag: tag))
        try reader.end()
        return outcome
    }

    private static func checked(_ writer: WireWriter) throws(CatalogError) -> [UInt8] {
        guard writer.bytes.count <= CatalogLimits.messageBytes else {
            throw .refused("a message of \(writer.bytes.count) bytes; at most \(CatalogLimits.messageBytes)")
        }
        return writer.bytes
    }

    private static func opened(_ bytes: [UInt8]) throws(CatalogError) -> WireReader {
        guard bytes.count <= CatalogLimits.messageBytes else {
            throw .refused("a message of \(bytes.count) bytes; at most \(CatalogLimits.messageBytes)")
        }
        var reader = WireReader(bytes)
        guard try reader.byte() == version else { throw .refused("unknown version of the catalog's wire format") }
        return reader
    }
}
