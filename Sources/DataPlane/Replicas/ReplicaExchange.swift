import Hrana
import NIOCore
import NIOHTTP1
import Tenants
import Vocabulary

/// A replica's request, from the question to the last byte. In a task of its own, since copies and slow clients take their time.
struct ReplicaExchange: Sendable {
    /// Times that a reading is tried again, 10 ms apart, where too many others read.
    private static let patience = 500

    let service: HranaService
    let request: DoorRequest
    let call: HranaCall
    let asked: ReplicaRequest

    func run() async {
        let cancellation = WorkCancellation()
        request.onCancel(ReplicaCanceller(cancellation))
        do {
            try await answer(cancellation)
        } catch let error as TenantsError {
            request.forgetCanceller()
            if error == .clientLeft { return service.refuse(request, .snapshotEnded) }
            service.notRun(request, call, error)
        } catch {
            request.forgetCanceller()
            service.refuse(request, error as? TransportError ?? .internalError)
        }
    }

    private func answer(_ cancellation: WorkCancellation) async throws {
        let engine = service.settings.engine
        let numbers = service.settings.replicaGenerations
        let ask = ReplicaCall(
            tenant: call.tenant, deadline: call.deadline, cancellation: cancellation
        ) { [tenant = call.tenant] in try await numbers(tenant) }
        switch asked {
        case .info:
            let generation = try await engine.replicaGeneration(ask)
            try respond(200, #"{"current_generation":\#(generation)}"#)
        case .export(let generation):
            guard let content = try await engine.replicaExport(generation, ask) else {
                throw TransportError.replicaOutOfDate
            }
            await stream(content, "application/vnd.sqlite3")
        case .pull(let position):
            switch try await engine.replicaPull(position, ask) {
            case .frames(let content): await stream(content, "application/octet-stream")
            // How the protocol says that there is nothing more.
            case .generation(let newest, let bookmark): try respond(400, #"{"generation":\#(newest)}"#, bookmark)
            case .startAgain: throw TransportError.replicaUnknown
            }
        case .push(let position, let baton): try await push(position, baton, ask)
        }
    }

    private func push(_ position: ReplicaPosition, _ baton: String?, _ ask: ReplicaCall) async throws {
        let engine = service.settings.engine
        guard engine.settings.pushBytes > 0 else { throw TransportError.pushNotOffered }
        guard call.rights == .write else { throw TransportError.pushForbidden }
        let push = ReplicaPush(
            position: position, baton: baton, frames: BodyBytes(body: request.body), principal: call.principal)
        let reply: PushReply
        do {
            reply = try await engine.replicaPush(push, ask)
        } catch let failure as PushFailure {
            throw TransportError(failure)
        } catch UploadFailure.engine(let error) {
            throw error
        } catch let failure as UploadFailure {
            throw TransportError(PushFailure.content(failure))
        }
        switch reply {
        case .at(let generation, let frame, let bookmark): try respond("ok", generation, frame, bookmark)
        case .goOn(let baton): try respond("ok", position.generation, position.to - 1, baton: baton)
        case .conflict(let generation, let frame, let bookmark): try respond("conflict", generation, frame, bookmark)
        case .startAgain: throw TransportError.replicaUnknown
        }
    }

    private func respond(
        _ status: String, _ generation: UInt32, _ frame: UInt32, _ bookmark: Bookmark? = nil, baton: String? = nil
    ) throws {
        let rest = baton.map { #","baton":"\#($0)""# } ?? ""
        try respond(
            200, #"{"status":"\#(status)","generation":\#(generation),"max_frame_no":\#(frame)\#(rest)}"#, bookmark)
    }

    private func respond(_ status: Int, _ body: String, _ bookmark: Bookmark? = nil) throws {
        request.forgetCanceller()
        guard service.mayAnswer else { throw TransportError.outcomeUnknown }
        var answer = HranaAnswer()
        answer.status = status
        answer.bookmark = bookmark
        service.respond(request, answer, ByteBuffer(string: body))
    }

    private func stream(_ content: ReplicaContent, _ type: String) async {
        request.forgetCanceller()
        guard service.mayAnswer else { return service.refuse(request, .outcomeUnknown) }
        var answer = HranaAnswer()
        answer.contentType = type
        var lines = service.lines(request, answer)
        lines.append("Cache-Control: private, no-store\r\n")
        guard let stream = request.beginStream(.ok, lines: lines, length: Int(content.byteCount)) else { return }
        var offset: Int64 = 0
        while stream.sendsBody, offset < content.byteCount {
            guard let bytes = await piece(of: content, at: offset), !bytes.isEmpty else { return stream.abort() }
            offset += Int64(bytes.count)
            guard await stream.write(ByteBuffer(bytes: bytes)) else { return }
        }
        stream.end()
    }

    private func piece(of content: ReplicaContent, at offset: Int64) async -> [UInt8]? {
        for _ in 0..<Self.patience {
            do {
                return try await content.piece(at: offset)
            } catch TenantsError.busy {
                guard (try? await Task.sleep(for: .milliseconds(10))) != nil else { return nil }
            } catch {
                return nil
            }
        }
        return nil
    }
}

/// A request's body where it lies.
private struct BodyBytes: RequestBytes {
    let body: ByteBuffer
    var count: Int { body.readableBytes }
    func read<Result>(_ use: (UnsafeRawBufferPointer) -> Result) -> Result { body.withUnsafeReadableBytes(use) }
}

/// Ends the copy whose client has left.
private final class ReplicaCanceller: DoorCanceller {
    private let cancellation: WorkCancellation
    init(_ cancellation: WorkCancellation) { self.cancellation = cancellation }
    func cancel() { cancellation.cancel() }
}

extension TransportError {
    /// Not a 400 or 500: there the client looks for a generation.
    static let replicaUnknown = TransportError(
        410, "REPLICA_UNKNOWN",
        "The tenant never gave this replica what it comes with, or long ago: delete its files and sync anew")
    static let replicaOutOfDate = TransportError(
        409, "REPLICA_OUT_OF_DATE", "The tenant has a newer generation by now; connect again")
    static let pushNotOffered = TransportError(
        409, "PUSH_NOT_OFFERED",
        "Writes that were made offline are not taken by this node; write through the connection instead")
    static let pushForbidden = TransportError(
        403, "FORBIDDEN", "Pushing what was written offline needs the right to write, and a tenant that may be written")

    /// The tenant is as it was.
    init(_ failure: PushFailure) {
        let text = failure.description
        let message = text.prefix(1).uppercased() + text.dropFirst()
        switch failure {
        case .historyDamaged: self = .internalError
        case .malformed: self = TransportError(400, "PUSH_INVALID", message)
        case .tooLarge: self = TransportError(413, "BODY_TOO_LARGE", message)
        case .transactionTooLarge: self = TransportError(413, "TRANSACTION_TOO_LARGE", message)
        case .content(.notDatabase(let reason)), .content(.damaged(let reason)), .content(.refused(let reason)):
            self = TransportError(
                422, "PUSH_REFUSED", "With what was pushed the tenant could not be served; it is as it was: \(reason)")
        case .content(let failure): self = TransportError(failure)
        }
    }
}
