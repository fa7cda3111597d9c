package import Hummingbird
package import HummingbirdCore
package import Logging
package import NIOCore
package import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Hummingbird behind the door: its own types and its own connection loop, on a connection that the door governs.
///
/// Hummingbird's loop is a task for each connection that has it, alive until the connection closes;
/// ``serve()`` is the parent of them all.
package struct HummingbirdTail: DoorTail, HTTPChannelHandler {
    package typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    package let responder: Responder
    private let logger: Logger
    private let attached: AsyncStream<Value>
    private let attach: AsyncStream<Value>.Continuation

    /// - Parameter responder: what a `Router` builds; each request gets its context from the connection's channel and
    ///   this logger.
    package init<R: HTTPResponder>(responder: R, logger: Logger)
    where R.Context: InitializableFromSource<ApplicationRequestContextSource> {
        self.logger = logger
        // Bounded by the number of connections.
        (attached, attach) = AsyncStream.makeStream(of: Value.self, bufferingPolicy: .unbounded)
        self.responder = { request, writer, channel in
            let context = R.Context(source: ApplicationRequestContextSource(channel: channel, logger: logger))
            let response: Response
            do {
                response = try await responder.respond(to: request, context: context)
            } catch {
                // The router's own middleware turns expected errors into answers; this one was not.
                logger.warning("unexpected error while answering", metadata: ["error": "\(error)"])
                response = Response(status: .internalServerError)
            }
            try await writer.write(response: response.head, body: response.body)
        }
    }

    package func attach(to channel: any Channel) throws {
        let value = try wrap(channel)
        if case .terminated = attach.yield(value) { throw ChannelError.ioOnClosedChannel }
    }

    /// Runs Hummingbird's loop for every connection that needs it, until ``finish()`` and until the last of them is
    /// closed.
    package func serve() async {
        await withDiscardingTaskGroup { group in
            for await value in attached {
                group.addTask { await handle(value: value, logger: logger) }
            }
        }
    }

    /// No connection will be attached from now on.
    package func finish() { attach.finish() }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture { try wrap(channel) }
    }

    package func handle(value: Value, logger: Logger) async {
        await handleHTTP(asyncChannel: value, logger: logger)
    }

    private func wrap(_ channel: any Channel) throws -> Value {
        try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        return try NIOAsyncChannel(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }
}
