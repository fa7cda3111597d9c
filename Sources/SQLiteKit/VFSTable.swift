import CSQLite
import Glibc

/// The C face of the VFS: thin functions that find the Swift object behind a file and pass the call on.
///
/// They are formed in a nonisolated context, since SQLite calls them on whatever thread runs a statement.
enum VFSTable {
    static func make(name: UnsafePointer<CChar>) -> sqlite3_vfs {
        var table = sqlite3_vfs()
        table.iVersion = 2
        table.szOsFile = Int32(MemoryLayout<rh_file>.size)
        table.mxPathname = 1024
        table.zName = name
        table.xOpen = vfsOpen
        table.xDelete = { _, _, _ in SQLITE_OK }
        table.xAccess = vfsAccess
        table.xFullPathname = vfsFullPathname
        table.xRandomness = { _, count, target in
            guard let base = sqlite3_vfs_find(nil) else { return 0 }
            return base.pointee.xRandomness(base, count, target)
        }
        table.xSleep = { _, microseconds in
            usleep(UInt32(max(0, microseconds)))
            return microseconds
        }
        table.xCurrentTime = { _, target in
            guard let base = sqlite3_vfs_find(nil) else { return SQLITE_ERROR }
            return base.pointee.xCurrentTime(base, target)
        }
        table.xGetLastError = { _, _, _ in 0 }
        table.xCurrentTimeInt64 = { _, target in
            guard let base = sqlite3_vfs_find(nil), let function = base.pointee.xCurrentTimeInt64 else {
                return SQLITE_ERROR
            }
            return function(base, target)
        }
        return table
    }
}

typealias FilePointer = UnsafeMutablePointer<sqlite3_file>

@inline(__always)
private func object<T: AnyObject, R>(_ file: FilePointer?, _ type: T.Type, _ body: (T) -> R) -> R {
    let raw = UnsafeMutableRawPointer(file!).assumingMemoryBound(to: rh_file.self).pointee.object!
    return Unmanaged<T>.fromOpaque(raw)._withUnsafeGuaranteedRef(body)
}

private func install(_ target: AnyObject, _ methods: UnsafePointer<sqlite3_io_methods>, into file: FilePointer) {
    let slot = UnsafeMutableRawPointer(file).assumingMemoryBound(to: rh_file.self)
    slot.pointee.object = Unmanaged.passRetained(target).toOpaque()
    file.pointee.pMethods = methods
}

private func uninstall(_ file: FilePointer?) {
    let slot = UnsafeMutableRawPointer(file!).assumingMemoryBound(to: rh_file.self)
    if let raw = slot.pointee.object { Unmanaged<AnyObject>.fromOpaque(raw).release() }
    slot.pointee.object = nil
}

private func vfsOpen(
    vfs: UnsafeMutablePointer<sqlite3_vfs>?, name: UnsafePointer<CChar>?, file: FilePointer?, flags: Int32,
    outFlags: UnsafeMutablePointer<Int32>?
) -> Int32 {
    file!.pointee.pMethods = nil
    let owner = Unmanaged<DatabaseVFS>.fromOpaque(vfs!.pointee.pAppData).takeUnretainedValue()
    if flags & SQLITE_OPEN_MAIN_DB != 0 {
        guard let name = name.map({ String(cString: $0) }) else { return SQLITE_CANTOPEN }
        if let database = owner.find(name) {
            install(DatabaseHandle(file: database), mainMethods, into: file!)
        } else if let scratch = owner.findScratch(name) {
            install(scratch, scratchMethods, into: file!)
        } else {
            return SQLITE_CANTOPEN
        }
    } else if flags & SQLITE_OPEN_WAL != 0 {
        guard let name, let main = sqlite3_database_file_object(name) else { return SQLITE_CANTOPEN }
        object(main, DatabaseHandle.self) { install($0.file, logMethods, into: file!) }
    } else if name == nil || flags & (SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_TRANSIENT_DB) != 0
        || isScratchJournal(name, flags, owner)
    {
        guard let temporary = owner.openTemporary() else { return SQLITE_CANTOPEN }
        install(temporary, temporaryMethods, into: file!)
    } else {
        // A rollback journal or a super-journal: neither belongs to a database in WAL mode.
        return SQLITE_CANTOPEN
    }
    outFlags?.pointee = flags
    return SQLITE_OK
}

private func isScratchJournal(_ name: UnsafePointer<CChar>?, _ flags: Int32, _ owner: DatabaseVFS) -> Bool {
    guard flags & SQLITE_OPEN_MAIN_JOURNAL != 0, let name else { return false }
    let text = String(cString: name)
    return text.hasSuffix("-journal") && owner.findScratch(String(text.dropLast(8))) != nil
}

private func vfsAccess(
    vfs: UnsafeMutablePointer<sqlite3_vfs>?, name: UnsafePointer<CChar>?, flags: Int32,
    result: UnsafeMutablePointer<Int32>?
) -> Int32 {
    result!.pointee = 0
    guard let name else { return SQLITE_OK }
    let path = String(cString: name)
    guard path.hasSuffix("-wal") else { return SQLITE_OK }
    let owner = Unmanaged<DatabaseVFS>.fromOpaque(vfs!.pointee.pAppData).takeUnretainedValue()
    if let database = owner.find(String(path.dropLast(4))), database.logBytes > 0 { result!.pointee = 1 }
    return SQLITE_OK
}

/// Names are complete already, and only attached ones open.
private func vfsFullPathname(
    vfs: UnsafeMutablePointer<sqlite3_vfs>?, name: UnsafePointer<CChar>?, size: Int32,
    target: UnsafeMutablePointer<CChar>?
) -> Int32 {
    guard let name, let target else { return SQLITE_CANTOPEN }
    let length = strlen(name)
    guard length < Int(size) else { return SQLITE_CANTOPEN }
    memcpy(target, name, length + 1)
    return SQLITE_OK
}

// MARK: Main file

nonisolated(unsafe) private let mainMethods: UnsafePointer<sqlite3_io_methods> = {
    var methods = sqlite3_io_methods()
    // Version 2, not 3: without xFetch memory mapping is off whatever a pragma says.
    methods.iVersion = 2
    methods.xClose = { file in
        object(file, DatabaseHandle.self) { $0.close() }
        uninstall(file)
        return SQLITE_OK
    }
    methods.xRead = { file, target, count, offset in
        object(file, DatabaseHandle.self) { handle in
            let buffer = UnsafeMutableRawBufferPointer(start: target, count: Int(count))
            do {
                let read = try handle.file.readFile(into: buffer, at: offset)
                guard read < buffer.count else { return SQLITE_OK }
                UnsafeMutableRawBufferPointer(rebasing: buffer[read...]).initializeMemory(as: UInt8.self, repeating: 0)
                return SQLITE_IOERR_SHORT_READ_CODE
            } catch {
                return SQLITE_IOERR_READ_CODE
            }
        }
    }
    methods.xWrite = { file, source, count, offset in
        object(file, DatabaseHandle.self) {
            $0.write(UnsafeRawBufferPointer(start: source, count: Int(count)), at: offset)
        }
    }
    methods.xTruncate = { file, size in object(file, DatabaseHandle.self) { $0.truncate(to: size) } }
    // Never asked for: synchronous is off, and the checkpointer syncs files itself.
    methods.xSync = { _, _ in SQLITE_OK }
    methods.xFileSize = { file, size in
        size!.pointee = object(file, DatabaseHandle.self) { $0.file.fileSize }
        return SQLITE_OK
    }
    methods.xLock = { file, level in object(file, DatabaseHandle.self) { $0.lock(to: level) } }
    methods.xUnlock = { file, level in object(file, DatabaseHandle.self) { $0.unlock(to: level) } }
    methods.xCheckReservedLock = { file, result in
        result!.pointee = object(file, DatabaseHandle.self) { $0.file.locks.isReserved ? 1 : 0 }
        return SQLITE_OK
    }
    methods.xFileControl = { file, operation, argument in
        // The log is never deleted on close: it may hold the newest truth.
        guard operation == SQLITE_FCNTL_PERSIST_WAL else { return SQLITE_NOTFOUND }
        argument!.assumingMemoryBound(to: Int32.self).pointee = 1
        return SQLITE_OK
    }
    methods.xSectorSize = { _ in 4096 }
    methods.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE }
    methods.xShmMap = { file, region, _, extend, target in
        object(file, DatabaseHandle.self) { handle in
            let (code, address) = handle.map(region: Int(region), extend: extend != 0)
            target!.pointee = address
            return code
        }
    }
    methods.xShmLock = { file, offset, count, flags in
        object(file, DatabaseHandle.self) { $0.lockIndex(offset: Int(offset), count: Int(count), flags: flags) }
    }
    methods.xShmBarrier = { file in object(file, DatabaseHandle.self) { $0.barrier() } }
    methods.xShmUnmap = { file, _ in
        object(file, DatabaseHandle.self) { $0.unmap() }
        return SQLITE_OK
    }
    return heap(methods)
}()

// MARK: Log

nonisolated(unsafe) private let logMethods: UnsafePointer<sqlite3_io_methods> = {
    var methods = plainMethods()
    methods.xClose = { file in
        uninstall(file)
        return SQLITE_OK
    }
    methods.xRead = { file, target, count, offset in
        object(file, DatabaseFile.self) { database in
            let read = database.log.read(into: target!, count: Int(count), at: Int(offset))
            guard read < Int(count) else { return SQLITE_OK }
            memset(target! + read, 0, Int(count) - read)
            return SQLITE_IOERR_SHORT_READ_CODE
        }
    }
    methods.xWrite = { file, source, count, offset in
        object(file, DatabaseFile.self) {
            $0.writeLog(UnsafeRawBufferPointer(start: source, count: Int(count)), at: Int(offset))
        }
    }
    methods.xTruncate = { file, size in
        object(file, DatabaseFile.self) { $0.truncateLog(to: Int(size)) }
        return SQLITE_OK
    }
    methods.xFileSize = { file, size in
        size!.pointee = object(file, DatabaseFile.self) { Int64($0.logBytes) }
        return SQLITE_OK
    }
    return heap(methods)
}()

// MARK: Temporary files

nonisolated(unsafe) private let temporaryMethods: UnsafePointer<sqlite3_io_methods> = {
    var methods = plainMethods()
    methods.xClose = { file in
        object(file, TempFile.self) { $0.close() }
        uninstall(file)
        return SQLITE_OK
    }
    methods.xRead = { file, target, count, offset in
        object(file, TempFile.self) {
            $0.read(into: UnsafeMutableRawBufferPointer(start: target, count: Int(count)), at: offset)
        }
    }
    methods.xWrite = { file, source, count, offset in
        object(file, TempFile.self) {
            $0.write(UnsafeRawBufferPointer(start: source, count: Int(count)), at: offset)
        }
    }
    methods.xTruncate = { file, size in object(file, TempFile.self) { $0.truncate(to: size) } }
    methods.xFileSize = { file, size in
        size!.pointee = object(file, TempFile.self) { $0.byteCount }
        return SQLITE_OK
    }
    return heap(methods)
}()

// MARK: Scratch files

nonisolated(unsafe) private let scratchMethods: UnsafePointer<sqlite3_io_methods> = {
    var methods = plainMethods()
    methods.xClose = { file in
        uninstall(file)
        return SQLITE_OK
    }
    methods.xRead = { file, target, count, offset in
        object(file, ScratchFile.self) {
            $0.read(into: UnsafeMutableRawBufferPointer(start: target, count: Int(count)), at: offset)
        }
    }
    methods.xWrite = { file, source, count, offset in
        object(file, ScratchFile.self) {
            $0.write(UnsafeRawBufferPointer(start: source, count: Int(count)), at: offset)
        }
    }
    methods.xTruncate = { file, size in object(file, ScratchFile.self) { $0.truncate(to: size) } }
    methods.xFileSize = { file, size in
        size!.pointee = object(file, ScratchFile.self) { $0.byteCount }
        return SQLITE_OK
    }
    return heap(methods)
}()

private func plainMethods() -> sqlite3_io_methods {
    var methods = sqlite3_io_methods()
    methods.iVersion = 1
    methods.xSync = { _, _ in SQLITE_OK }
    methods.xLock = { _, _ in SQLITE_OK }
    methods.xUnlock = { _, _ in SQLITE_OK }
    methods.xCheckReservedLock = { _, result in
        result!.pointee = 0
        return SQLITE_OK
    }
    methods.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
    methods.xSectorSize = { _ in 4096 }
    methods.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE }
    return methods
}

/// Method tables live as long as the process.
private func heap(_ methods: sqlite3_io_methods) -> UnsafePointer<sqlite3_io_methods> {
    let pointer = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    pointer.initialize(to: methods)
    return UnsafePointer(pointer)
}
