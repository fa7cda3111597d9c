#if DEBUG
    import Foundation
    import Glibc
    import Seams
    import Synchronization

    /// Remembers how to take back every change that was not synced, so that a killed process can leave behind what a power
    /// cut would: nothing of them, or any of them.
    final class UnsyncedChanges: Sendable {
        enum Change: Sendable {
            case created(String)
            /// `stash` holds what was there under the new name.
            case renamed(String, to: String, stash: String?)
            case removed(String, stash: String)
            case madeDirectory(String)
            /// Bytes of a file as they were, and its size, before some were written.
            case bytes(FileChanges, at: Int64, [UInt8], size: Int64)
            /// The same before it was cut off or made longer.
            case size(FileChanges, at: Int64, [UInt8], size: Int64)
        }

        /// What of the changes is taken back.
        enum Choice {
            case all
            /// Of the names those from some change on, as file systems keep their order; of the bytes any sectors.
            case some(namesAbove: Double)

            static func any() -> Choice { .some(namesAbove: .random(in: 0...1)) }
        }

        private struct State {
            var changes: [(number: Int, change: Change)] = []
            var files: [UInt64: FileChanges] = [:]
            var stashes = 0
        }

        private let base = PosixFiles()
        private let stash: String
        private let state = Mutex(State())
        private let number = Atomic<Int>(0)

        /// - Parameter stash: a folder on the same file system, for what was removed.
        init(stash: String) throws(FileError) {
            self.stash = stash
            try base.makeDirectory(stash)
        }

        /// Changes that were made before now are numbered up to it.
        var mark: Int { number.load(ordering: .sequentiallyConsistent) }

        func note(_ change: Change) { state.withLock { note(change, &$0) } }

        private func note(_ change: Change, _ state: inout State) {
            let next = number.add(1, ordering: .sequentiallyConsistent).newValue
            state.changes.append((next, change))
        }

        /// Makes a change with its inverse noted, all at once. The change waits where the power has gone.
        func make(_ inverse: () throws(FileError) -> Change, _ body: () throws(FileError) -> Void) throws(FileError) {
            let result: Result<Void, FileError> = state.withLock { state in
                do throws(FileError) {
                    let change = try inverse()
                    try body()
                    note(change, &state)
                    return .success(())
                } catch {
                    return .failure(error)
                }
            }
            try result.get()
        }

        // MARK: Names

        func remove(_ path: String) throws(FileError) {
            let aside = nextStash()
            try make({ .removed(path, stash: aside) }) { () throws(FileError) in try base.rename(path, to: aside) }
        }

        func rename(_ from: String, to: String) throws(FileError) {
            let aside = nextStash()
            try make({ () throws(FileError) in
                let isReplacing = link(to, aside) == 0
                return .renamed(from, to: to, stash: isReplacing ? aside : nil)
            }) { () throws(FileError) in try base.rename(from, to: to) }
        }

        private func nextStash() -> String {
            state.withLock { state in
                state.stashes += 1
                return "\(stash)/\(getpid())-\(state.stashes)"
            }
        }

        // MARK: Files

        func changes(ofFile path: String) -> FileChanges? {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            return state.withLock { state in
                if let known = state.files[UInt64(status.st_ino)] { return known }
                guard let file = try? base.open(path, .update) else { return nil }
                let made = FileChanges(file, self)
                state.files[UInt64(status.st_ino)] = made
                return made
            }
        }

        // MARK: Syncs

        func didSync(_ file: FileChanges, upTo mark: Int) {
            drop(upTo: mark) { change in
                switch change {
                case .bytes(let changed, _, _, _), .size(let changed, _, _, _): changed === file
                case .created, .madeDirectory, .removed, .renamed: false
                }
            }
        }

        func didSync(folder: String, upTo mark: Int) {
            drop(upTo: mark) { change in
                switch change {
                case .created(let path), .madeDirectory(let path), .removed(let path, _), .renamed(_, let path, _):
                    Self.folder(of: path) == folder
                case .bytes, .size: false
                }
            }
        }

        func didSyncAll(upTo mark: Int) { drop(upTo: mark) { _ in true } }

        private func drop(upTo mark: Int, where isDurable: (Change) -> Bool) {
            let stashes: [String] = state.withLock { state in
                let gone = state.changes.filter { $0.number <= mark && isDurable($0.change) }.map(\.change)
                state.changes.removeAll { $0.number <= mark && isDurable($0.change) }
                return gone.compactMap(Self.stash)
            }
            for stash in stashes { unlink(stash) }
        }

        private static func stash(of change: Change) -> String? {
            switch change {
            case .renamed(_, _, let stash): stash
            case .removed(_, let stash): stash
            case .created, .madeDirectory, .bytes, .size: nil
            }
        }

        private static func folder(of path: String) -> String {
            path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        }

        // MARK: The end

        /// Takes changes back, newest first, and ends. Nobody changes anything any more: whoever wants to waits for the
        /// lock until the process is gone.
        func takeBack(_ choice: Choice, then end: () -> Never) -> Never {
            state.withLock { state in
                switch choice {
                case .all: for (_, change) in state.changes.reversed() { takeBack(change) }
                case .some(let share):
                    let first = Int(Double(state.changes.count) * share)
                    for index in state.changes.indices.reversed() {
                        takeBackSome(state.changes[index].change, withName: index >= first)
                    }
                }
                end()
            }
        }

        private func takeBackSome(_ change: Change, withName: Bool) {
            switch change {
            case .bytes(let file, let offset, let old, let size):
                file.takeBackSectors(old, at: offset, size: size)
            case .size: if Bool.random() { takeBack(change) }
            case .created, .renamed, .removed, .madeDirectory: if withName { takeBack(change) }
            }
        }

        /// Best effort: what is gone already cannot be taken back.
        private func takeBack(_ change: Change) {
            switch change {
            case .created(let path): unlink(path)
            case .removed(let path, let stash): _ = Glibc.rename(stash, path)
            case .renamed(let from, let to, let stash):
                _ = Glibc.rename(to, from)
                if let stash { _ = Glibc.rename(stash, to) }
            // What lies in a folder whose name was never synced is gone with it.
            case .madeDirectory(let path): try? FileManager.default.removeItem(atPath: path)
            case .bytes(let file, let offset, let old, let size), .size(let file, let offset, let old, let size):
                file.takeBack(old, at: offset, size: size)
            }
        }
    }

    /// The unsynced changes of one file's bytes, whoever has it open and whatever it is called.
    final class FileChanges: Sendable {
        private let file: any File
        private let all: UnsyncedChanges

        init(_ file: any File, _ all: UnsyncedChanges) {
            self.file = file
            self.all = all
        }

        deinit { file.close() }

        var mark: Int { all.mark }
        func didSync(upTo mark: Int) { all.didSync(self, upTo: mark) }

        func write(_ count: Int, at offset: Int64, _ body: () throws(FileError) -> Void) throws(FileError) {
            try all.make(
                { () throws(FileError) in
                    .bytes(self, at: offset, try bytes(count, at: offset), size: try file.size())
                }, body)
        }

        func truncate(to size: Int64, _ body: () throws(FileError) -> Void) throws(FileError) {
            try all.make(
                { () throws(FileError) in
                    let old = try file.size()
                    return .size(self, at: size, try bytes(Int(max(0, old - size)), at: size), size: old)
                }, body)
        }

        private func bytes(_ count: Int, at offset: Int64) throws(FileError) -> [UInt8] {
            // Beyond the file's end there was nothing.
            let count = min(count, Int(max(0, try file.size() - offset)))
            var old = [UInt8](repeating: 0, count: count)
            let result: Result<Int, FileError> = old.withUnsafeMutableBytes { buffer in
                do throws(FileError) {
                    return .success(try file.read(into: buffer, at: offset))
                } catch {
                    return .failure(error)
                }
            }
            old.removeLast(count - (try result.get()))
            return old
        }

        func takeBack(_ old: [UInt8], at offset: Int64, size: Int64) {
            old.withUnsafeBytes { _ = try? file.write($0, at: offset) }
            try? file.truncate(to: size)
        }

        /// Bytes that a disk writes all or none of.
        private static let sector = 512

        /// Each sector that was written over by itself. Sectors at the file's new end all, or none.
        func takeBackSectors(_ old: [UInt8], at offset: Int64, size: Int64) {
            old.withUnsafeBytes { old in
                var start = 0
                while start < old.count {
                    let end = min(old.count, start + Self.sector - Int((offset + Int64(start)) % Int64(Self.sector)))
                    if Bool.random() {
                        _ = try? file.write(
                            UnsafeRawBufferPointer(rebasing: old[start..<end]), at: offset + Int64(start))
                    }
                    start = end
                }
            }
            if Bool.random(), let now = try? file.size(), now > size { try? file.truncate(to: size) }
        }
    }
#endif
