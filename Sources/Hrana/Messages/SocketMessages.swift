/// What a client sends on a WebSocket, one message a frame.
package enum SocketMessage: Hashable, Sendable {
    /// The first message, and with version 2 any later one that renews the token.
    case hello(token: String?)
    /// `id` comes back with the answer, so that answers may come in any order.
    case request(id: Int32, SocketRequest)
}

/// A request on a WebSocket. Streams, cursors and stored SQL have numbers that the client gives.
package enum SocketRequest: Hashable, Sendable {
    case openStream(Int32)
    case closeStream(Int32)
    /// An execute, batch, sequence, describe or get_autocommit.
    case onStream(Int32, StreamRequest)
    /// Stored for the whole connection.
    case storeSQL(id: Int32, sql: String)
    case closeSQL(id: Int32)
    case openCursor(Int32, stream: Int32, Batch)
    case closeCursor(Int32)
    /// At most `count` more entries.
    case fetchCursor(Int32, count: UInt32)

    package var kind: SocketRequestKind {
        switch self {
        case .openStream: .openStream
        case .closeStream: .closeStream
        case .onStream(_, let request): SocketRequestKind(request.kind)
        case .storeSQL: .storeSQL
        case .closeSQL: .closeSQL
        case .openCursor: .openCursor
        case .closeCursor: .closeCursor
        case .fetchCursor: .fetchCursor
        }
    }
}

/// The kind of a request on a WebSocket, which its response repeats. The raw value is the name on the wire.
package enum SocketRequestKind: String, Hashable, Sendable, CaseIterable {
    case openStream = "open_stream"
    case closeStream = "close_stream"
    case execute
    case batch
    case openCursor = "open_cursor"
    case closeCursor = "close_cursor"
    case fetchCursor = "fetch_cursor"
    case sequence
    case describe
    case storeSQL = "store_sql"
    case closeSQL = "close_sql"
    case getAutocommit = "get_autocommit"

    /// - Precondition: not `close`, which is a stream's over HTTP.
    package init(_ kind: StreamRequestKind) {
        switch kind {
        case .execute: self = .execute
        case .batch: self = .batch
        case .sequence: self = .sequence
        case .describe: self = .describe
        case .storeSQL: self = .storeSQL
        case .closeSQL: self = .closeSQL
        case .getAutocommit: self = .getAutocommit
        case .close: preconditionFailure("streams of a WebSocket are closed by close_stream")
        }
    }

    /// The version of the protocol that brought it.
    package var since: HranaVersion {
        switch self {
        case .openStream, .closeStream, .execute, .batch: .one
        case .sequence, .describe, .storeSQL, .closeSQL: .two
        case .openCursor, .closeCursor, .fetchCursor, .getAutocommit: .three
        }
    }
}
