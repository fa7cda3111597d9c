import Seams

/// Names and folders of the simulated disk.
extension DiskState {
    /// A folder's index and the last part of a path; nil if a folder on the way is missing.
    func parent(of path: String) -> (folder: Int, name: String)? {
        var parts = path.split(separator: "/").map(String.init)
        guard let name = parts.popLast() else { return nil }
        var folder = 0
        for part in parts {
            guard case .folder(let next)? = folders[folder].current[part] else { return nil }
            folder = next
        }
        return (folder, name)
    }

    func node(at path: String) -> SimulatedNode? {
        if path.split(separator: "/").isEmpty { return .folder(0) }
        guard let (folder, name) = parent(of: path) else { return nil }
        return folders[folder].current[name]
    }

    func folder(at path: String) -> Int? {
        guard case .folder(let index)? = node(at: path) else { return nil }
        return index
    }

    func file(at path: String) -> Int? {
        guard case .file(let index)? = node(at: path) else { return nil }
        return index
    }

    /// - Returns: the file's inode.
    mutating func open(_ path: String, _ mode: FileMode) -> Result<Int, FileError> {
        let found = file(at: path)
        switch mode {
        case .read, .update: return found.map { .success($0) } ?? .failure(.notFound(path: path))
        case .createNew where found != nil: return .failure(.exists(path: path))
        case .create, .createNew:
            if let found { return .success(found) }
            guard let (folder, name) = parent(of: path) else { return .failure(.notFound(path: path)) }
            return .success(makeFile(folder, name))
        }
    }

    mutating func makeFile(_ folder: Int, _ name: String) -> Int {
        inodes.append(SimulatedInode())
        let index = inodes.count - 1
        folders[folder].change(NameChange(sets: [(name, .file(index))], removes: []))
        return index
    }

    mutating func makeFolders(_ path: String) {
        var folder = 0
        for part in path.split(separator: "/").map(String.init) {
            if case .folder(let next)? = folders[folder].current[part] {
                folder = next
                continue
            }
            folders.append(SimulatedFolder())
            let made = folders.count - 1
            folders[folder].change(NameChange(sets: [(part, .folder(made))], removes: []))
            folder = made
        }
    }

    mutating func rename(_ from: (folder: Int, name: String), _ to: (folder: Int, name: String), _ node: SimulatedNode)
    {
        if from.folder == to.folder {
            folders[from.folder].change(NameChange(sets: [(to.name, node)], removes: [from.name]))
        } else {
            folders[to.folder].change(NameChange(sets: [(to.name, node)], removes: []))
            folders[from.folder].change(NameChange(sets: [], removes: [from.name]))
        }
    }

    /// A file without a name takes no room any more. Who has it open goes on reading what it had; its unsynced removal may
    /// still be undone by a crash, so what is on the platter stays.
    mutating func forget(_ file: Int) {
        let isNamed = folders.contains { $0.current.values.contains(.file(file)) }
        if !isNamed { inodes[file].isUnlinked = true }
    }

    mutating func syncAll() {
        for index in inodes.indices { inodes[index].sync() }
        for index in folders.indices { folders[index].sync() }
    }
}
