import Hrana
import NIOCore
import NIOHTTP1
import Tenants

/// `GET stats` and `DELETE stats`, in a task of its own: the tenant answers when its turn has come.
struct StatsExchange: Sendable {
    let service: HranaService
    let request: DoorRequest
    let call: HranaCall

    func run() async {
        do {
            if request.head.method == .DELETE { try await reset() } else { try await show() }
        } catch let error as TenantsError {
            service.notRun(request, call, error)
        } catch {
            service.refuse(request, error as? TransportError ?? .internalError)
        }
    }

    private func show() async throws {
        let terms = try StatsTerms(request.head.uri)
        let report = try await service.settings.engine.perform(on: call.tenant) { $0.statisticsReport }
        if let wanted = call.bookmark, report.bookmark < wanted { throw TransportError.bookmarkMismatch }
        var writer = JSONWriter()
        writer.statistics(report, terms)
        var answer = HranaAnswer()
        answer.bookmark = report.bookmark
        guard service.mayAnswer else { throw TransportError.outcomeUnknown }
        service.respond(request, answer, ByteBuffer(bytes: writer.bytes.bytes))
    }

    private func reset() async throws {
        guard call.rights == .write else { throw TransportError.writeForbidden }
        try await service.settings.engine.perform(on: call.tenant) { $0.resetStatistics() }
        request.respond(.noContent, lines: service.lines(request, HranaAnswer()))
    }
}

/// How many statements are asked for.
struct StatsTerms: Equatable {
    private static let standard = 10
    private static let most = 64

    private(set) var top = standard
    private(set) var slowest = standard

    /// - Throws: `TransportError` for what cannot be read.
    init(_ uri: String) throws(TransportError) {
        guard let mark = uri.firstIndex(of: "?") else { return }
        for part in uri[uri.index(after: mark)...].split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, let count = Int(pair[1]), (0...Self.most).contains(count) else { throw Self.refusal }
            switch pair[0] {
            case "top": top = count
            case "slowest": slowest = count
            default: throw Self.refusal
            }
        }
    }

    private static let refusal = TransportError(
        400, "BAD_REQUEST", "The query of stats is top=N and slowest=N, each from 0 to \(most)")
}
