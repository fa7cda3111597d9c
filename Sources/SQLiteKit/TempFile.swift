import CSQLite
import Seams
import Synchronization

/// What a tenant's temporary files (sorts, temp tables, statement journals) may take on disk together.
package final class TempAccount: Sendable {
    package let limit: Int64
    private let used = Atomic<Int64>(0)
    private let refusals = Atomic<Bool>(false)
    private let fullDisk = Atomic<Bool>(false)

    package init(limit: Int64) { self.limit = limit }

    package var usedBytes: Int64 { used.load(ordering: .relaxed) }

    func grow(by bytes: Int64) -> Bool {
        let (_, now) = used.add(bytes, ordering: .relaxed)
        if now <= limit { return true }
        used.subtract(bytes, ordering: .relaxed)
        refusals.store(true, ordering: .relaxed)
        return false
    }

    /// Whether room was refused since this was last asked: SQLite says the same of every full disk.
    package func takeRefusal() -> Bool { refusals.exchange(false, ordering: .relaxed) }

    /// The same for room on the device.
    package func takeDiskFull() -> Bool { fullDisk.exchange(false, ordering: .relaxed) }
    func noteDiskFull() { fullDisk.store(true, ordering: .relaxed) }

    func shrink(by bytes: Int64) { used.subtract(bytes, ordering: .relaxed) }
}

/// A temporary file of SQLite's: without a name from its first moment, counted against its tenant.
final class TempFile {
    private let file: any File
    private let account: TempAccount
    private var size: Int64 = 0

    init(file: any File, account: TempAccount) {
        self.file = file
        self.account = account
    }

    func close() {
        file.close()
        account.shrink(by: size)
        size = 0
    }

    func read(into target: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int32 {
        do {
            let count = try file.read(into: target, at: offset)
            guard count < target.count else { return SQLITE_OK }
            UnsafeMutableRawBufferPointer(rebasing: target[count...]).initializeMemory(as: UInt8.self, repeating: 0)
            return SQLITE_IOERR_SHORT_READ_CODE
        } catch {
            return SQLITE_IOERR_READ_CODE
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) -> Int32 {
        let growth = offset + Int64(bytes.count) - size
        if growth > 0 {
            guard account.grow(by: growth) else { return SQLITE_FULL }
            size += growth
        }
        do {
            try file.write(bytes, at: offset)
            return SQLITE_OK
        } catch {
            if case .full = error { account.noteDiskFull() }
            return error.writeCode
        }
    }

    func truncate(to wanted: Int64) -> Int32 {
        do {
            try file.truncate(to: wanted)
            if wanted < size {
                account.shrink(by: size - wanted)
                size = wanted
            }
            return SQLITE_OK
        } catch {
            return SQLITE_IOERR_TRUNCATE_CODE
        }
    }

    var byteCount: Int64 { size }
}
