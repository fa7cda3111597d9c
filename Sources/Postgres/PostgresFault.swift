/// How one exchange with the server fails.
enum PostgresFault: Error, Equatable {
    /// No answer came, or one that ends the connection. What was sent may have been done.
    case lost(String)
    /// The server answered with an error; the connection goes on.
    case server(PostgresState, String)
    /// It was not sent.
    case refused(String)

    var message: String {
        switch self {
        case .lost(let why), .refused(let why): why
        case .server(let state, let why): "\(why) (\(state.code))"
        }
    }
}
