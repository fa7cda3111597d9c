import Benchmarks
import Foundation
import Terminal

/// The tenants of a benchmark on a node: made by the control plane, with a token each.
struct BenchTenants: Sendable {
    let client: RemoteClient
    let stop: StopFlag
    let progress: BenchRun.Progress
    /// Part of every key: an earlier run may have left tenants behind, or keys that are held.
    private let run = String(UInt32.random(in: .min ... .max), radix: 36)

    init(client: RemoteClient, stop: StopFlag, progress: @escaping BenchRun.Progress) {
        self.client = client
        self.stop = stop
        self.progress = progress
    }

    /// Calls under way at once.
    private static let atOnce = 16

    /// Makes them for the time of `body` and purges them afterwards, whatever it throws.
    func with(
        _ count: Int, template: Bool, _ body: ([LoadTarget.Tenant]) async throws -> [Comparison]
    ) async throws -> [Comparison] {
        do {
            let result = try await body(try await create(count, template: template))
            try await remove(count)
            return result
        } catch {
            try? await remove(count)
            throw error
        }
    }

    /// - Parameter template: the node makes the table; else it is made here.
    func create(_ count: Int, template: Bool) async throws -> [LoadTarget.Tenant] {
        var made = [LoadTarget.Tenant?](repeating: nil, count: count)
        try await inParallel(count, "creating tenants") { index in
            let key = key(index)
            _ = try await client.call(.post, "/v1/tenants", body: .object(["key": .string(key)]))
            if !template { try await makeTable(key) }
            return LoadTarget.Tenant(path: RequestPath.build(["t", key]), token: try await token(key))
        } done: { index, tenant in
            made[index] = tenant
        }
        return made.compactMap(\.self)
    }

    private func remove(_ count: Int) async throws {
        // To the end also when the run was interrupted.
        let path = { @Sendable (index: Int) in RequestPath.build(["v1", "tenants", key(index)]) }
        try await inParallel(count, "removing tenants", mustFinish: true) { index in
            _ = try? await client.call(.delete, path(index))
            _ = try? await client.call(.delete, path(index) + "?purge=true")
        } done: { _, _ in
        }
    }

    private func makeTable(_ key: String) async throws {
        let body: JSONValue = .object([
            "requests": .array([
                .object(["type": .string("sequence"), "sql": .string(WorkTable.schema)]),
                .object(["type": .string("close")]),
            ])
        ])
        let answer = try await client.call(.post, RequestPath.build(["t", key, "v3", "pipeline"]), body: body)
        if let error = answer["results"]?.array?.first?["error"] {
            throw BenchmarkError.server("the table cannot be made: \(error["message"]?.string ?? error.text())")
        }
    }

    /// Nil on a node without credentials.
    private func token(_ key: String) async throws -> String? {
        guard client.token != nil else { return nil }
        let body: JSONValue = .object(["access": .string("rw"), "expiresIn": .string("24h")])
        let answer = try await client.call(.post, RequestPath.build(["v1", "tenants", key, "tokens"]), body: body)
        guard let token = answer["token"]?.string else { throw BenchmarkError.server("the node gave no token") }
        return token
    }

    private func key(_ index: Int) -> String { "bench-\(run)-\(index)" }

    private func inParallel<Made: Sendable>(
        _ count: Int, _ label: String, mustFinish: Bool = false, _ body: @escaping @Sendable (Int) async throws -> Made,
        done: (Int, Made) -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: (Int, Made).self) { group in
            var next = 0
            var finished = 0
            while finished < count {
                if stop.isSet, !mustFinish { throw BenchmarkError.interrupted }
                while next < count, next - finished < Self.atOnce {
                    let index = next
                    group.addTask { (index, try await body(index)) }
                    next += 1
                }
                guard let (index, made) = try await group.next() else { break }
                done(index, made)
                finished += 1
                progress(label, Double(finished) / Double(count))
            }
        }
    }
}
