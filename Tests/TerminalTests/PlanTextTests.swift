import Terminal
import Testing

struct PlanTextTests {
    private func parsed(_ json: String) -> JSONValue { JSONValue(parsing: Array(json.utf8)) ?? .null }

    @Test func `A plan says what moves, why, and what it refuses`() {
        let plan = parsed(
            #"""
            {"id": "pl-1", "state": "planned", "moves": 1, "bytes": 2048, "forecastMS": 1500, "expiresAt": "2026-11-24T00:20:08Z",
             "rows": [{"tenant": "acme", "from": "n1", "to": "n3", "bytes": 2048, "reason": "request: pinned there"}],
             "refusals": ["drain: b stays on n2: n3 has no room"], "moreRefusals": 2}
            """#)
        #expect(
            PlanText(plan).text(width: 100) == """
                plan pl-1: 1 move, 2 KiB, ~1.5 s, expires 2026-11-24T00:20:08Z

                TENANT  FROM  TO   SIZE  WHY
                acme    n1    n3  2 KiB  request: pinned there

                not moved:
                  drain: b stays on n2: n3 has no room
                  and 2 more

                carry it out with: rowhouse rebalance apply pl-1

                """)
    }

    @Test func `What is used is shown by node and by tenant`() {
        let load = parsed(
            #"""
            {"nodes": [{"id": "n1", "state": "up", "tenants": 2, "bytes": 4096,
                        "load": {"cpu": 0.125, "memory": 0, "disk": 0.5, "writesPerSecond": 2048}},
                       {"id": "n2", "state": "up", "tenants": 0, "bytes": null, "load": null}],
             "tenants": [{"tenant": "acme", "node": "n1", "bytes": 4096, "fast": {"cores": 1.25, "writesPerSecond": 10, "memory": 1024},
                          "slow": {"cores": 0.0305, "writesPerSecond": 1, "memory": 0}}]}
            """#)
        #expect(
            LoadText.text(load, width: nil) == """
                NODE  STATE  TENANTS   SIZE     CPU  MEMORY    DISK   WRITES
                n1    up           2  4 KiB  12.5 %   0.0 %  50.0 %  2 KiB/s
                n2    up           0      -       -       -       -        -

                TENANT  NODE  CORES  30 MIN  WRITES  MEMORY   SIZE
                acme    n1    1.250   0.031  10 B/s   1 KiB  4 KiB

                """)
    }
}
