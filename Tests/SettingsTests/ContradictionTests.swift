import Settings
import Testing

private let hash = String(repeating: "0", count: 64)

struct ContradictionTests {
    @Test(arguments: [
        (
            "limits: {transaction-size: 600MiB, wal-memory-tenant: 1GiB, wal-memory-node: 4GiB}",
            "limits.transaction-size: ",
            "a quarter of journal.size"
        ),
        ("journal: {size: 512MiB, recovery: 512MiB}", "journal.size: ", "a quarter of journal.size 512MiB"),
        ("journal: {segment: 1GiB}", "journal.segment: ", "no room for 4 segments"),
        ("journal: {segment: 8193KiB}", "journal.segment: ", "a whole number of blocks"),
        ("journal: {recovery: 128MiB}", "journal.recovery: ", "less than 4 segments of 64MiB"),
        ("journal: {recovery: 4GiB}", "journal.recovery: ", "exceeds journal.size 2GiB"),
        (
            "limits: {wal-memory-tenant: 128MiB}", "limits.wal-memory-tenant: ",
            "exceeds limits.wal-memory-tenant 128MiB"
        ),
        ("limits: {sql-size: 64MiB}", "limits.sql-size: ", "exceeds limits.body-size 32MiB"),
        ("limits: {statement-time: 10m}", "limits.statement-time: ", "exceeds limits.statement-time-max 5m"),
        ("limits: {tenant-queue: 20000}", "limits.tenant-queue: ", "exceeds limits.node-queue 10000"),
        ("catalog: {remote: \"http://n1:8080\"}", "catalog: ", "needs cluster.key-file"),
        (
            "access: {admin-tokens: [{name: a, sha256: \(hash), scopes: [read]}, {name: a, sha256: \(hash), scopes: [read]}]}",
            "access.admin-tokens: ", "two tokens are named a"
        ),
        (
            "{tenants: {key-hold: 1h}, cluster: {key-file: k}, node: {advertise: \"http://a:1\"}}",
            "tenants.key-hold: ",
            "for at least 10h"
        ),
        ("cluster: {key-file: k}", "cluster.key-file: ", "needs node.advertise"),
    ])
    func `Keys that contradict each other are a mistake at the one that was given`(
        yaml: String, key: String, part: String
    ) {
        let found = mistakes(in: yaml)
        #expect(found.contains { $0.hasPrefix("node.yaml:1: \(key)") && $0.contains(part) }, "\(found)")
    }

    @Test func `A key with a mistake of its own starts no contradiction`() {
        #expect(mistakes(in: "journal: {size: 1MB, segment: 1GiB, recovery: 4GiB}").count == 1)
    }

    @Test func `The defaults contradict nothing`() {
        #expect(mistakes(in: "") == [])
    }
}
