import Foundation
import Settings
import Testing

/// A key that nothing reads is a promise that nobody keeps.
struct UseTests {
    /// Where a node is put together from its settings; commands that only look do not count.
    private static let sources = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Sources")
    private static let assembly = sources.appendingPathComponent("rowhouse")
    /// What the assembly hands all settings to.
    private static let plans = ["Settings/DescriptorPlan.swift"]

    @Test func `Every key is read where a node is put together`() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.assembly.path)
        let places =
            files.filter { $0.hasSuffix(".swift") }.map(Self.assembly.appendingPathComponent)
            + Self.plans.map(Self.sources.appendingPathComponent)
        let code = try places.map { try String(contentsOf: $0, encoding: .utf8) }.joined()
        #expect(code.contains("limits.bodySize"), "the code is looked for in the wrong place")
        for setting in SettingsTable.all {
            let member = setting.member.contains(".") ? setting.member : "settings." + setting.member
            let uses = code.ranges(of: member).filter { use in
                guard use.upperBound < code.endIndex else { return true }
                let next = code[use.upperBound]
                return !next.isLetter && !next.isNumber
            }
            #expect(!uses.isEmpty, "\(setting.path) is read nowhere: \(member)")
        }
    }
}
