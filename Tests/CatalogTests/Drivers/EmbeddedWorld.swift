import Catalog
import CatalogDrivers
import Foundation
import Journal
import Lanes
import Seams
import Synchronization
import Tenants
import Vocabulary

/// A fresh catalog on an engine of its own.
final class EmbeddedWorld: Sendable {
    let driver: EmbeddedCatalog
    private let engine: TenantEngine
    private let directory: String

    init() async throws {
        directory = NSTemporaryDirectory() + "rowhouse-catalog-" + UUID().uuidString
        var options = JournalOptions()
        options.segmentBytes = 4 << 20
        options.journalBytes = 64 << 20
        options.transactionBytes = 16 << 20
        options.ballastBytes = 1 << 20
        var settings = EngineSettings(directory: directory)
        settings.transactionBytes = 16 << 20
        let start = EngineStart(
            settings: settings, journalOptions: options, files: PosixFiles(), time: SystemTime(), random: SystemRandom()
        )
        engine = try await onThread { try start.run(progress: { _ in }, onFatal: { fatalError("\($0)") }) }
        driver = EmbeddedCatalog(engine: engine)
        try await driver.prepare()
    }

    deinit {
        engine.abandon()
        try? FileManager.default.removeItem(atPath: directory)
    }
}

/// Blocking work on a thread of its own.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        do throws(LaneError) {
            _ = try BackgroundThread(name: "test") { continuation.resume(with: Result(catching: body)) }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}

/// The way to another node without a network: what arrives there is run on its driver.
struct DirectTransport: PeerTransport {
    let driver: any CatalogDriver

    func call(
        _ address: String, method: String, path: String, body: [UInt8], timeout: Duration
    ) async throws(PeerFailure) -> PeerAnswer {
        do throws(CatalogError) {
            let transaction = try CatalogWire.decodeTransaction(body)
            let outcome: Result<[CatalogRows], CatalogError>
            do { outcome = .success(try await driver.run(transaction)) } catch { outcome = .failure(error) }
            return PeerAnswer(status: 200, body: try CatalogWire.encode(outcome))
        } catch {
            throw .refused(status: 400, code: "malformed", message: "\(error)")
        }
    }
}
