import Foundation
import Seams
import Testing
import Vocabulary

@testable import Tenants

/// Whoever runs the node learns why a snapshot could not be made.
@Suite struct SnapshotNoticeTests {
    @Test func `a copy that the disk refuses is told of, with its reason`() async throws {
        let house = try House()
        let tenant = try await house.create(1)
        let folder = house.engine.layout.temporary
        try FileManager.default.removeItem(atPath: folder)
        await #expect(throws: TenantsError.self) {
            _ = try await house.engine.snapshot(tenant, deadline: .distantFuture)
        }
        guard case .copyFailed(tenant, let reason)? = house.told.last else {
            Issue.record("\(house.told)")
            return
        }
        #expect(reason != "")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        guard case .made = try await house.engine.snapshot(tenant, deadline: .distantFuture) else {
            Issue.record("it is not made")
            return
        }
        try house.stop()
    }
}
