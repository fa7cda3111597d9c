package import Access
package import Catalog
import Contract
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
package import Seams
import Vocabulary

extension HTTPField.Name {
    static let idempotencyKey = Self("Idempotency-Key")!
}

/// Does a request under an `Idempotency-Key` once, whichever nodes it comes to and whatever dies in between.
///
/// The key is taken in the catalog before anything is done, and with it a seed that all of the request's writes get their
/// operation ids from (`OnceScope`). So there is no gap between doing and remembering: a repetition after a crash takes the same
/// way, finds what was done before, and does the rest.
package struct RequestOnce: Sendable {
    /// Milliseconds after which a repetition goes on with what another process began and no longer says that it is at it. Two that
    /// do so at once do no harm.
    private static let hold: Int64 = 30_000
    /// Nanoseconds after which it says so again.
    private static let renewal: UInt64 = 10_000_000_000
    private static let keyBytes = 1...128
    private static let bodyBytes = 1 << 20

    private let rows: RequestKeyRows
    private let seal: RequestSeal
    private let holder: String
    private let time: any TimeSource
    private let sleep: Sleep
    /// A digest, with a salt, of a body that holds a password: as slow as a password's hash, since what is made of it is stored where
    /// the secret may lie too.
    package var slowly: @Sendable (_ body: [UInt8], _ salt: [UInt8]) async throws -> [UInt8] = { body, _ in body }

    /// - Parameter holder: the node's name, a blank, and what tells this process from earlier ones of the node.
    package init(
        store: CatalogStore, seal: RequestSeal, holder: String, time: any TimeSource, sleep: @escaping Sleep
    ) {
        self.sleep = sleep
        rows = RequestKeyRows(store)
        self.seal = seal
        self.holder = holder
        self.time = time
    }

    /// - Throws: `APIError` idempotency_mismatch, idempotency_in_progress; what the body throws.
    func run(
        _ request: Request, by principal: String, requestID: String, _ body: (Request) async throws -> Response
    ) async throws -> Response {
        guard let key = try Self.key(request) else { return try await body(request) }
        var request = request
        let content = try await Self.collect(&request)
        let id = seal.name(of: key, by: principal)
        let digest = Self.mayHoldPassword(content) ? try await slowly(content, id) : content
        let parts = [Array(request.method.rawValue.utf8), Array(request.uri.string.utf8), digest]
        let asked = RequestKeyRows.Request(id: id, tag: seal.tag(parts), principal: principal, holder: holder)
        switch try await rows.begin(asked, hold: Self.hold, at: time.wall()) {
        case .mismatch:
            throw APIError(
                .idempotencyMismatch, "the Idempotency-Key was used before for another request; use a new one")
        case .underWay:
            throw APIError(
                .idempotencyInProgress, "this request is being done under its Idempotency-Key; ask again", retryAfter: 1
            )
        case .answered(_, let sealed): return try open(sealed, of: id).response
        case .begun(let run, let isFirst): return try await self.run(request, id, run, isFirst, requestID, body)
        }
    }

    /// JSON may spell the word with escapes.
    private static func mayHoldPassword(_ body: [UInt8]) -> Bool {
        body.firstRange(of: Array("password".utf8)) != nil || body.firstRange(of: Array("\\u".utf8)) != nil
    }

    private func open(_ sealed: [UInt8], of id: [UInt8]) throws(APIError) -> KeptAnswer {
        guard let answer = seal.open(sealed, of: id).flatMap(KeptAnswer.init) else {
            throw APIError(.internalError, "the answer that is kept cannot be read")
        }
        return answer
    }

    private func run(
        _ request: Request, _ id: [UInt8], _ run: RequestKeyRows.Run, _ isFirst: Bool, _ requestID: String,
        _ body: (Request) async throws -> Response
    ) async throws -> Response {
        let scope = OnceScope(seed: run.seed, isRepetition: !isFirst)
        do {
            let response = try await holding(run) {
                try await OnceScope.$current.withValue(scope) { try await body(request) }
            }
            return try await keep(response, id, run)
        } catch let error as HTTPError {
            await letGo(of: run, mayHaveWritten: !isFirst || scope.hasWritten, scope)
            throw error
        } catch {
            let said = ErrorTable.api(any: error)
            if Self.isFinal(said, scope) { return try await keep(try said.response(requestID: requestID), id, run) }
            let isUnknown = said.code == FailureCode.outcomeUnknown.name
            await letGo(of: run, mayHaveWritten: !isFirst || scope.hasWritten || isUnknown, scope)
            throw error
        }
    }

    /// Says now and then that it is still at it, so that no repetition begins beside it.
    private func holding(_ run: RequestKeyRows.Run, _ body: () async throws -> Response) async throws -> Response {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [rows, time, sleep] in
                while (try? await sleep(Self.renewal)) != nil {
                    try? await rows.renew(run, hold: Self.hold, at: time.wall())
                }
            }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    /// What it has done stays done for its repetitions, which may come at once; what did nothing, or was taken back, may be
    /// tried as if it had not come. A repetition does not know what those before it did.
    private func letGo(of run: RequestKeyRows.Run, mayHaveWritten: Bool, _ scope: OnceScope) async {
        if mayHaveWritten, !scope.isTakenBack {
            try? await rows.leave(run, at: time.wall())
        } else {
            try? await rows.forget(run, at: time.wall())
        }
    }

    /// A refusal that came of what was done belongs to the answer; one that did nothing may change.
    private static func isFinal(_ error: APIError, _ scope: OnceScope) -> Bool {
        scope.hasWritten && !scope.isTakenBack && error.statusCode < 500 && error.statusCode != 429
    }

    /// Kept before it is given: whoever has had an answer gets the same again, also from a run that came to its end later.
    private func keep(_ response: Response, _ id: [UInt8], _ run: RequestKeyRows.Run) async throws -> Response {
        let answer = try await KeptAnswer(response)
        guard answer.bytes.count <= RequestKeyRows.answerBytes, let sealed = seal.seal(answer.bytes, of: id) else {
            return answer.response
        }
        let first = try await rows.finish(run, status: answer.status, answer: sealed, at: time.wall())
        return try first.map { try open($0.answer, of: id) }?.response ?? answer.response
    }

    /// - Throws: `APIError` bad_request.
    private static func key(_ request: Request) throws(APIError) -> String? {
        let values = request.headers[values: .idempotencyKey]
        guard let key = values.first else { return nil }
        guard values.count == 1, keyBytes.contains(key.utf8.count), key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw APIError.badRequest("the header Idempotency-Key is 1 to 128 printable ASCII characters, once") }
        return key
    }

    private static func collect(_ request: inout Request) async throws -> [UInt8] {
        do {
            return Array(try await request.collectBody(upTo: bodyBytes).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw APIError(.bodyTooLarge, "a body here has at most 1 MiB")
        }
    }
}
