import AsyncHTTPClient
import FoundationEssentials
import Glibc
import NIOCore
import NIOFoundationCompat
import NIOPosix
import Seams

extension PeerFailure {
    /// What an error of the HTTP client before the answer's head means: was anything sent?
    ///
    /// Only what is certain to come before the first byte is `unreachable`; all else may have been executed.
    init(sending error: any Error) {
        switch error {
        case is NIOConnectionError:
            self = .unreachable("no connection (\(error))")
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            self = .unreachable("nobody listens there")
        case let error as HTTPClientError where Self.beforeSending.contains(error):
            self = .unreachable(error.shortDescription)
        case ChannelError.connectTimeout:
            self = .unreachable("no connection in time")
        case let error as HTTPClientError:
            self = .outcomeUnknown(error.shortDescription)
        default:
            self = .outcomeUnknown("\(error)")
        }
    }

    private static let beforeSending: [HTTPClientError] = [
        .connectTimeout, .getConnectionFromPoolTimeout, .alreadyShutdown, .invalidURL, .emptyHost, .emptyScheme,
        .tlsHandshakeTimeout,
    ]

    /// An answer that is no success, with the error body that nodes give.
    init(status: Int, body: ByteBuffer) {
        let shown = try? JSONDecoder().decode(ErrorBody.self, from: Data(body.readableBytesView.prefix(64 << 10)))
        self = .refused(
            status: status, code: shown?.error.code ?? "", message: shown?.error.message ?? "")
    }
}

private struct ErrorBody: Decodable {
    struct Error: Decodable {
        let code: String
        let message: String
    }
    let error: Error
}
