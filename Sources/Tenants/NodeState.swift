import CSQLite
import SQLiteKit
import Vocabulary

/// The node state database: the newest facts about each tenant's file (rule J3). Itself a tenant of the same journal; only
/// its own facts stand elsewhere, in the journal's manifest.
enum NodeState {
    static let schema = """
        CREATE TABLE tenants(
            id INTEGER PRIMARY KEY, generation INTEGER NOT NULL, epoch INTEGER NOT NULL, txid INTEGER NOT NULL,
            time INTEGER NOT NULL, pages INTEGER NOT NULL, checksum INTEGER NOT NULL, damage TEXT) STRICT;
        """

    /// All rows; about 100 bytes of memory each.
    static func load(_ database: TenantDatabase) throws(SQLiteError) -> [Census.Row] {
        try database.own { connection throws(SQLiteError) in
            var rows: [Census.Row] = []
            let select = try connection.prepare(
                "SELECT id, generation, epoch, txid, time, pages, checksum, damage FROM tenants")
            while try select.step() {
                let facts = TenantState(
                    generation: Generation(UInt64(bitPattern: select.integer(1))),
                    epoch: Epoch(UInt64(bitPattern: select.integer(2))),
                    txid: TxID(UInt64(bitPattern: select.integer(3))),
                    time: WallTime(milliseconds: select.integer(4)),
                    pageCount: UInt32(truncatingIfNeeded: select.integer(5)),
                    checksum: UInt64(bitPattern: select.integer(6)))
                rows.append(
                    Census.Row(
                        tenant: TenantID(UInt64(bitPattern: select.integer(0))), facts: facts,
                        damage: select.type(7) == .null ? nil : select.string(7)))
            }
            return rows
        }
    }

    /// Writes the rows in one transaction; rows without facts are removed.
    static func save(_ rows: [Census.Row], in database: TenantDatabase) throws(SQLiteError) {
        try database.own { connection throws(SQLiteError) in
            try connection.execute("BEGIN IMMEDIATE")
            do throws(SQLiteError) {
                try write(rows, on: connection)
                try connection.execute("COMMIT")
            } catch {
                if !connection.isAutocommit { try connection.execute("ROLLBACK") }
                throw error
            }
        }
    }

    private static func write(_ rows: [Census.Row], on connection: Connection) throws(SQLiteError) {
        let upsert = try connection.prepare("INSERT OR REPLACE INTO tenants VALUES (?,?,?,?,?,?,?,?)")
        let delete = try connection.prepare("DELETE FROM tenants WHERE id = ?")
        for row in rows {
            let id = Int64(bitPattern: row.tenant.rawValue)
            if let facts = row.facts {
                try bind(id, facts, row.damage, to: upsert)
                _ = try upsert.step()
                upsert.reset()
            } else {
                try delete.bind(id, 1)
                _ = try delete.step()
                delete.reset()
            }
        }
    }

    private static func bind(_ id: Int64, _ facts: TenantState, _ damage: String?, to upsert: Statement)
        throws(SQLiteError)
    {
        try upsert.bind(id, 1)
        try upsert.bind(Int64(bitPattern: facts.generation.rawValue), 2)
        try upsert.bind(Int64(bitPattern: facts.epoch.rawValue), 3)
        try upsert.bind(Int64(bitPattern: facts.txid.rawValue), 4)
        try upsert.bind(facts.time.milliseconds, 5)
        try upsert.bind(Int64(facts.pageCount), 6)
        try upsert.bind(Int64(bitPattern: facts.checksum), 7)
        if let damage { try upsert.bind(damage, 8) } else { try upsert.bindNull(8) }
    }
}
