import CPostgres
import Catalog

/// One result of libpq's, cleared when it goes out of scope.
struct PostgresResult: ~Copyable {
    private let calls: rh_pq
    private let handle: OpaquePointer

    init(_ calls: rh_pq, _ handle: OpaquePointer) {
        self.calls = calls
        self.handle = handle
    }

    deinit { calls.clear(handle) }

    /// `COMMIT`, `INSERT 0 1`, `SELECT 3`.
    var command: String { String(cString: calls.commandStatus(handle)!) }

    /// - Returns: nil for a result that is none.
    var fault: PostgresFault? {
        let status = calls.resultStatus(handle)
        if status == Int32(RH_PQ_COMMAND_OK) || status == Int32(RH_PQ_TUPLES_OK) { return nil }
        let message = LibPQ.line(calls.errorField(handle, Int32(RH_PQ_MESSAGE)) ?? calls.resultMessage(handle))
        // Without a state the error is libpq's own: the connection broke.
        guard let code = calls.errorField(handle, Int32(RH_PQ_SQLSTATE)) else { return .lost(message) }
        let state = PostgresState(String(cString: code))
        return isFatal ? .lost("\(message) (\(state.code))") : .server(state, message)
    }

    /// The server has closed the connection with it.
    private var isFatal: Bool {
        guard
            let text = calls.errorField(handle, Int32(RH_PQ_SEVERITY))
                ?? calls.errorField(handle, Int32(RH_PQ_SEVERITY_LOCAL))
        else { return true }
        return String(cString: text) != "ERROR"
    }

    /// The first value of a result in text; nil where there is none.
    var text: String? {
        guard calls.rows(handle) > 0, calls.columns(handle) > 0, calls.isNull(handle, 0, 0) == 0 else { return nil }
        return calls.value(handle, 0, 0).map { String(cString: $0) }
    }

    /// Rows and how many were changed, as the databases share them.
    ///
    /// - Throws: `PostgresFault.refused` for too many rows, and for a value of a type that is not shared.
    func rows() throws(PostgresFault) -> CatalogRows {
        var result = CatalogRows()
        let (count, columns) = (calls.rows(handle), calls.columns(handle))
        guard count <= CatalogLimits.rows else { throw .refused("more than \(CatalogLimits.rows) rows") }
        let types = (0..<columns).map { calls.type(handle, $0) }
        result.rows.reserveCapacity(Int(count))
        for row in 0..<count {
            var values: [CatalogValue] = []
            values.reserveCapacity(Int(columns))
            for column in 0..<columns { values.append(try value(row, column, types[Int(column)])) }
            result.rows.append(values)
        }
        if !command.hasPrefix("SELECT") { result.affected = Int(String(cString: calls.commandTuples(handle)!)) ?? 0 }
        return result
    }

    private func value(_ row: Int32, _ column: Int32, _ type: UInt32) throws(PostgresFault) -> CatalogValue {
        if calls.isNull(handle, row, column) == 1 { return .null }
        let bytes = UnsafeRawBufferPointer(
            start: calls.value(handle, row, column), count: Int(calls.length(handle, row, column)))
        guard let value = PostgresValue.read(bytes, type: type) else {
            throw .refused("column \(column + 1) is of PostgreSQL's type \(type), which other databases do not have")
        }
        return value
    }
}
