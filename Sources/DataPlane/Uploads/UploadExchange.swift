import Hrana
import NIOCore
import NIOHTTP1
import Seams
import Tenants
import Vocabulary

/// `PUT snapshot`: from the head of the request to the tenant's new content. In a task of its own, since a client takes its time.
struct UploadExchange: Sendable {
    /// Times that a piece is written again, 10 ms apart, where too many others write.
    private static let patience = 500
    /// Bytes for each second that a file may take to be looked at, beyond the request's own time.
    private static let rate: UInt64 = 10 << 20

    let service: HranaService
    let places: UploadPlaces
    let request: DoorRequest
    let call: HranaCall
    let terms: UploadTerms

    func run() async {
        guard call.rights == .write else { return await refuse(.uploadForbidden) }
        // Its tenant is another upload's by now, or soon: it stays.
        guard places.take(call.tenant) else { return service.refuse(request, .uploadsBusy) }
        defer { places.giveBack(call.tenant) }
        do {
            try await checkFirst()
        } catch let error as TenantsError {
            // Nothing of the body was taken: it may wait for its tenant, or go elsewhere.
            return service.notRun(request, call, error)
        } catch {
            return await refuse(error as? TransportError ?? .internalError)
        }
        await take()
    }

    /// What is known to fail takes nobody's bytes. It is looked at again when they are there.
    private func checkFirst() async throws {
        let bookmark = try await service.settings.engine.perform(on: call.tenant) { $0.bookmark }
        if let wanted = call.bookmark, bookmark < wanted { throw TransportError.bookmarkMismatch }
        guard terms.expected.isMet(by: bookmark) else { throw TransportError(UploadFailure.bookmarkMismatch) }
    }

    private func take() async {
        do {
            let engine = service.settings.engine
            let upload = try await engine.beginUpload(
                of: call.tenant, length: request.upload?.length.map(Int64.init))
            defer { upload.discard() }
            guard try await receive(upload) else { return await takeBack() }
            answer(try await replace(by: upload), bytes: upload.byteCount)
        } catch let error as UploadFailure {
            await refuse(TransportError(error))
        } catch let error as TenantsError {
            await refuse(TransportError(UploadFailure.engine(error)))
        } catch {
            await refuse(.internalError)
        }
    }

    private func refuse(_ error: TransportError) async {
        await takeBack()
        service.refuse(request, error)
    }

    /// A tenant that was made for this does not stay behind empty.
    private func takeBack() async {
        await service.takeBack(call.tenant, of: request)
    }

    // MARK: The file

    /// - Returns: false where the client has left.
    private func receive(_ upload: TenantUpload) async throws -> Bool {
        while let portion = await request.nextOfBody() {
            if portion.byteCount > 0 {
                var bytes: [UInt8] = []
                bytes.reserveCapacity(portion.byteCount)
                for chunk in portion.chunks { bytes.append(contentsOf: chunk.readableBytesView) }
                try await append(bytes, to: upload)
            }
            if portion.isLast { return true }
        }
        return false
    }

    private func append(_ bytes: [UInt8], to upload: TenantUpload) async throws {
        for _ in 0..<Self.patience {
            do {
                return try await upload.append(bytes)
            } catch TenantsError.busy {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        throw TenantsError.busy(queue: "line of those who write")
    }

    private func replace(by upload: TenantUpload) async throws -> Bookmark {
        let cancellation = WorkCancellation()
        request.onCancel(UploadCanceller(cancellation))
        defer { request.forgetCanceller() }
        let time = call.timeout + UInt64(upload.byteCount) / Self.rate * 1_000_000_000
        let state = try await service.settings.engine.replace(
            by: upload, expecting: terms.expected,
            deadline: service.settings.time.monotonic().advanced(byNanoseconds: time), cancellation: cancellation)
        return Bookmark(epoch: state.epoch, txid: state.txid)
    }

    // MARK: The answer

    private func answer(_ bookmark: Bookmark, bytes: Int64) {
        guard service.mayAnswer else { return service.refuse(request, .outcomeUnknown) }
        var answer = HranaAnswer()
        answer.contentType = "application/json"
        answer.bookmark = bookmark
        var lines = service.lines(request, answer)
        lines.add("ETag", SnapshotTerms.etag(bookmark))
        let body = "{\"bookmark\":\"\(bookmark)\",\"bytes\":\(bytes)}"
        request.respond(request.isCreated ? .created : .ok, lines: lines, body: ByteBuffer(string: body))
    }
}

/// Ends the work on the file whose client has left.
private final class UploadCanceller: DoorCanceller {
    private let cancellation: WorkCancellation
    init(_ cancellation: WorkCancellation) { self.cancellation = cancellation }
    func cancel() { cancellation.cancel() }
}

extension TransportError {
    static let uploadForbidden = TransportError(
        403, "FORBIDDEN", "Replacing a tenant needs the right to write, and a tenant that may be written")
    static let uploadsBusy = TransportError(
        503, "BUSY", "A file is being uploaded for this tenant already, or too many are on this node; try again later",
        retryAfterSeconds: 5)

    /// The tenant is as it was.
    init(_ failure: UploadFailure) {
        let message = Self.sentence(failure.description)
        switch failure {
        case .notDatabase: self = TransportError(400, "SNAPSHOT_INVALID", message)
        case .damaged: self = TransportError(422, "SNAPSHOT_DAMAGED", message)
        case .refused: self = TransportError(422, "SNAPSHOT_REFUSED", message)
        case .tooLarge: self = TransportError(413, "BODY_TOO_LARGE", message)
        case .quotaExceeded: self = TransportError(507, "QUOTA_EXCEEDED", message)
        case .bookmarkMismatch:
            self = TransportError(
                412, "BOOKMARK_MISMATCH", "The tenant is not as If-Match says; fetch it again before you replace it")
        case .engine(.deadlineExceeded):
            self = TransportError(
                504, "DEADLINE_EXCEEDED", "The deadline passed before the file was in place; nothing was changed")
        case .engine(.clientLeft): self = .internalError
        case .engine(let error): self = TransportError(error)
        }
    }

    private static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
}
