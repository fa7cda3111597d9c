/// One request on a stream.
package enum StreamRequest: Hashable, Sendable {
    case execute(Statement)
    case batch(Batch)
    /// Several statements in one text, without arguments; stops at the first failure.
    case sequence(SQLSource)
    case describe(SQLSource)
    case storeSQL(id: Int32, sql: String)
    case closeSQL(id: Int32)
    /// Version 3 only.
    case getAutocommit
    case close

    package var kind: StreamRequestKind {
        switch self {
        case .execute: .execute
        case .batch: .batch
        case .sequence: .sequence
        case .describe: .describe
        case .storeSQL: .storeSQL
        case .closeSQL: .closeSQL
        case .getAutocommit: .getAutocommit
        case .close: .close
        }
    }
}

/// The kind of a request, which its response repeats. The raw value is the name on the wire.
package enum StreamRequestKind: String, Hashable, Sendable, CaseIterable {
    case execute
    case batch
    case sequence
    case describe
    case storeSQL = "store_sql"
    case closeSQL = "close_sql"
    case getAutocommit = "get_autocommit"
    case close
}

/// The body of `POST v2/pipeline` and `v3/pipeline`: requests for one stream, in order.
package struct PipelineRequest: Hashable, Sendable {
    /// Names the stream that the requests are for; nil opens a new one.
    package var baton: String?
    package var requests: [StreamRequest]

    package init(baton: String? = nil, requests: [StreamRequest]) {
        self.baton = baton
        self.requests = requests
    }
}

/// The body of `POST v3/cursor`: one batch whose rows are streamed.
package struct CursorRequest: Hashable, Sendable {
    package var baton: String?
    package var batch: Batch

    package init(baton: String? = nil, batch: Batch) {
        self.baton = baton
        self.batch = batch
    }
}

/// The protocol's version, by the path of the endpoint. They differ in what requests may contain; a request that needs a
/// later version is a protocol error.
///
/// Version 1 has no stored SQL. Version 3 adds the request `get_autocommit` and the condition `is_autocommit`.
package enum HranaVersion: Int, Comparable, Hashable, Sendable {
    case one = 1
    case two = 2
    case three = 3

    package static func < (a: HranaVersion, b: HranaVersion) -> Bool { a.rawValue < b.rawValue }
}
