#if DEBUG
    import Seams

    /// The real file system, one of whose calls goes wrong. For proofs only.
    final class FailpointFiles: Files {
        private let base = PosixFiles()
        private let places: DiskPlaces
        private let trigger: FailpointTrigger
        private let unsynced: UnsyncedChanges?

        init(places: DiskPlaces, trigger: FailpointTrigger, unsynced: UnsyncedChanges?) {
            self.places = places
            self.trigger = trigger
            self.unsynced = unsynced
        }

        func open(_ path: String, _ mode: FileMode) throws(FileError) -> any File {
            guard let place = places.place(of: path), mode != .read else { return try base.open(path, mode) }
            let isNew = mode == .update ? false : try base.size(of: path) == nil
            if isNew { try trigger.willCall(DiskEvent(place: place, operation: "create"), path) }
            let file = try base.open(path, mode)
            if isNew {
                unsynced?.note(.created(path))
                trigger.didCall(DiskEvent(place: place, operation: "create"), path)
            }
            return FailpointFile(
                file, path: path, place: place, trigger: trigger, changes: unsynced?.changes(ofFile: path))
        }

        func remove(_ path: String) throws(FileError) {
            try call("remove", path) { () throws(FileError) in
                if let unsynced { try unsynced.remove(path) } else { try base.remove(path) }
            }
        }

        func rename(_ from: String, to: String) throws(FileError) {
            try call("rename", from) { () throws(FileError) in
                if let unsynced { try unsynced.rename(from, to: to) } else { try base.rename(from, to: to) }
            }
        }

        func makeDirectory(_ path: String) throws(FileError) {
            guard try base.size(of: path) == nil else { return }
            if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
                try makeDirectory(String(path[..<slash]))
            }
            try call("mkdir", path) { () throws(FileError) in
                try base.makeDirectory(path)
                unsynced?.note(.madeDirectory(path))
            }
        }

        func syncDirectory(_ path: String) throws(FileError) {
            try call("folder", path) { () throws(FileError) in
                let mark = unsynced?.mark
                try base.syncDirectory(path)
                if let mark { unsynced?.didSync(folder: path, upTo: mark) }
            }
        }

        func fileSystem(holding folder: String) throws(FileError) -> (any FileSystem)? {
            guard let base = try base.fileSystem(holding: folder) else { return nil }
            return FailpointFileSystem(base, folder: folder, files: self)
        }

        /// One `syncfs`, as a call of the folder that the file system was opened by.
        fileprivate func sync(_ fileSystem: any FileSystem, _ folder: String) throws(FileError) {
            try call("syncfs", folder) { () throws(FileError) in
                let mark = unsynced?.mark
                try fileSystem.sync()
                if let mark { unsynced?.didSyncAll(upTo: mark) }
            }
        }

        func list(_ directory: String) throws(FileError) -> [String] { try base.list(directory) }
        func size(of path: String) throws(FileError) -> Int64? { try base.size(of: path) }
        func freeBytes(holding path: String) throws(FileError) -> Int64 { try base.freeBytes(holding: path) }

        private func call(
            _ operation: String, _ path: String, _ body: () throws(FileError) -> Void
        ) throws(FileError) {
            guard let place = places.place(of: path) else { return try body() }
            let event = DiskEvent(place: place, operation: operation)
            try trigger.willCall(event, path)
            try body()
            trigger.didCall(event, path)
        }
    }

    /// A file system whose sync goes wrong.
    private final class FailpointFileSystem: FileSystem {
        private let base: any FileSystem
        private let folder: String
        private let files: FailpointFiles

        init(_ base: any FileSystem, folder: String, files: FailpointFiles) {
            self.base = base
            self.folder = folder
            self.files = files
        }

        func sync() throws(FileError) { try files.sync(base, folder) }
    }

    /// An open file of which a call goes wrong.
    final class FailpointFile: File {
        private let base: any File
        private let path: String
        private let place: String
        private let trigger: FailpointTrigger
        private let changes: FileChanges?

        init(_ base: any File, path: String, place: String, trigger: FailpointTrigger, changes: FileChanges?) {
            self.base = base
            self.path = path
            self.place = place
            self.trigger = trigger
            self.changes = changes
        }

        func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileError) -> Int {
            try base.read(into: buffer, at: offset)
        }

        func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(FileError) {
            try write(vector: [bytes], at: offset)
        }

        func write(vector: [UnsafeRawBufferPointer], at offset: Int64) throws(FileError) {
            let event = DiskEvent(place: place, operation: "write")
            if try trigger.willWrite(event, path) {
                let all = vector.flatMap { Array($0) }
                let some = Array(all.prefix(all.count / 2))
                some.withUnsafeBytes { _ = try? base.write($0, at: offset) }
                trigger.die(event, path)
            }
            let count = vector.reduce(0) { $0 + $1.count }
            if let changes {
                try changes.write(count, at: offset) { () throws(FileError) in
                    try base.write(vector: vector, at: offset)
                }
            } else {
                try base.write(vector: vector, at: offset)
            }
            trigger.didCall(event, path)
        }

        func truncate(to size: Int64) throws(FileError) {
            let event = DiskEvent(place: place, operation: "truncate")
            try trigger.willCall(event, path)
            if let changes {
                try changes.truncate(to: size) { () throws(FileError) in try base.truncate(to: size) }
            } else {
                try base.truncate(to: size)
            }
            trigger.didCall(event, path)
        }

        func sync() throws(FileError) {
            let event = DiskEvent(place: place, operation: "sync")
            try trigger.willCall(event, path)
            let mark = changes?.mark
            try base.sync()
            if let mark { changes?.didSync(upTo: mark) }
            trigger.didCall(event, path)
        }

        func size() throws(FileError) -> Int64 { try base.size() }
        func close() { base.close() }
    }
#endif
