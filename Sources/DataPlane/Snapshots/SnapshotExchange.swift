import NIOCore
import NIOHTTP1
import Seams
import Tenants
import Vocabulary

/// `GET snapshot` and `HEAD snapshot`: from the request to the last byte. In a task of its own, since a slow client takes its time.
struct SnapshotExchange: Sendable {
    /// Bytes that are read from the file at a time.
    private static let piece = 256 << 10
    /// Times that a reading is tried again, 10 ms apart, where too many others read.
    private static let patience = 500

    let service: HranaService
    let shelf: SnapshotShelf
    let request: DoorRequest
    let call: HranaCall

    func run() async {
        let terms = SnapshotTerms(request.head.headers)
        do {
            guard let snapshot = try await find(terms) else { return }
            if let wanted = call.bookmark, snapshot.bookmark < wanted { throw TransportError.bookmarkMismatch }
            await send(snapshot, terms.part(of: snapshot.bookmark, size: snapshot.byteCount))
        } catch let error as TenantsError {
            if error == .clientLeft { return service.refuse(request, .snapshotEnded) }
            service.notRun(request, call, error)
        } catch {
            service.refuse(request, error as? TransportError ?? .internalError)
        }
    }

    // MARK: The copy

    /// - Returns: nil where it has been answered: the caller has this version.
    private func find(_ terms: SnapshotTerms) async throws -> TenantSnapshot? {
        if let wanted = terms.goesOnWith, call.bookmark.map({ $0 <= wanted }) ?? true,
            let kept = shelf.find(call.tenant, wanted, now: now)
        {
            return kept
        }
        // What is kept may go between two looks; then it is made.
        for isLast in [false, true] {
            guard shelf.beginMaking(call.tenant) else {
                throw TenantsError.busy(queue: "number of snapshots being made")
            }
            defer { shelf.endMaking(call.tenant) }
            switch try await make(terms, usesKept: !isLast) {
            case .made(let snapshot):
                shelf.keep(snapshot, now: now)
                return snapshot
            case .known(let bookmark) where terms.isKnown(bookmark):
                answerNotModified(bookmark)
                return nil
            case .known(let bookmark):
                if let kept = shelf.find(call.tenant, bookmark, now: now) { return kept }
            }
        }
        throw TransportError.internalError
    }

    private func make(_ terms: SnapshotTerms, usesKept: Bool) async throws -> SnapshotOutcome {
        let cancellation = WorkCancellation()
        request.onCancel(SnapshotCanceller(cancellation))
        defer { request.forgetCanceller() }
        return try await service.settings.engine.snapshot(
            call.tenant, deadline: call.deadline, cancellation: cancellation,
            unless: { [shelf, call, now] bookmark in
                terms.isKnown(bookmark) || usesKept && shelf.find(call.tenant, bookmark, now: now) != nil
            })
    }

    private var now: Instant { service.settings.time.monotonic() }

    // MARK: Answers

    private func answerNotModified(_ bookmark: Bookmark) {
        guard service.mayAnswer else { return service.refuse(request, .outcomeUnknown) }
        request.respond(.notModified, lines: lines(bookmark))
    }

    private func send(_ snapshot: TenantSnapshot, _ part: SnapshotTerms.Part) async {
        guard service.mayAnswer else { return service.refuse(request, .outcomeUnknown) }
        var lines = lines(snapshot.bookmark)
        switch part {
        case .unsatisfiable:
            lines.add("Content-Range", "bytes */\(snapshot.byteCount)")
            request.respond(.rangeNotSatisfiable, lines: lines)
        case .whole:
            await stream(snapshot, 0..<snapshot.byteCount, .ok, lines)
        case .bytes(let range):
            lines.add("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(snapshot.byteCount)")
            await stream(snapshot, range, .partialContent, lines)
        }
    }

    private func stream(
        _ snapshot: TenantSnapshot, _ range: Range<Int64>, _ status: HTTPResponseStatus, _ lines: HeaderLines
    ) async {
        guard let stream = request.beginStream(status, lines: lines, length: range.count) else { return }
        var offset = range.lowerBound
        while stream.sendsBody, offset < range.upperBound {
            let count = Int(min(Int64(Self.piece), range.upperBound - offset))
            guard let bytes = await read(snapshot, count, at: offset), bytes.count == count else {
                return stream.abort()
            }
            offset += Int64(count)
            guard await stream.write(ByteBuffer(bytes: bytes)) else { return }
        }
        stream.end()
    }

    private func read(_ snapshot: TenantSnapshot, _ count: Int, at offset: Int64) async -> [UInt8]? {
        for _ in 0..<Self.patience {
            do {
                return try await snapshot.read(count, at: offset)
            } catch TenantsError.busy {
                guard (try? await Task.sleep(for: .milliseconds(10))) != nil else { return nil }
            } catch {
                return nil
            }
        }
        return nil
    }

    private func lines(_ bookmark: Bookmark) -> HeaderLines {
        var answer = HranaAnswer()
        answer.contentType = "application/vnd.sqlite3"
        answer.bookmark = bookmark
        var lines = service.lines(request, answer)
        lines.add("ETag", SnapshotTerms.etag(bookmark))
        lines.append("Accept-Ranges: bytes\r\nCache-Control: private, no-cache\r\n")
        lines.append("Vary: Authorization, Rowhouse-Tenant, X-Namespace\r\n")
        return lines
    }
}

/// Ends the copy whose client has left.
private final class SnapshotCanceller: DoorCanceller {
    private let cancellation: WorkCancellation
    init(_ cancellation: WorkCancellation) { self.cancellation = cancellation }
    func cancel() { cancellation.cancel() }
}

extension TransportError {
    static let snapshotEnded = TransportError(503, "BUSY", "The copy was ended; ask again", retryAfterSeconds: 1)
}
