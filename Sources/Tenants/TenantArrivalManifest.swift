import Seams
package import Vocabulary

/// What a restarted node must know of a copy that it has answered for: whose it is, where it stands, and which move it came
/// by. Written and synced before the answer.
package struct ArrivalManifest: Equatable, Sendable {
    package var move: String
    package var tenant: TenantID
    package var source: NodeID
    package var target: NodeID
    /// Under which the source serves.
    package var epoch: Epoch
    /// Of the prepared row.
    package var version: UInt64
    /// Of the copy; its generation is this node's.
    package var state: TenantState
    /// The source said something else of it.
    package var isSuspect: Bool

    package init(
        move: String, tenant: TenantID, source: NodeID, target: NodeID, epoch: Epoch, version: UInt64,
        state: TenantState, isSuspect: Bool
    ) {
        self.move = move
        self.tenant = tenant
        self.source = source
        self.target = target
        self.epoch = epoch
        self.version = version
        self.state = state
        self.isSuspect = isSuspect
    }
}

extension ArrivalManifest {
    private static let title = "rowhouse-arrival 1"

    /// Lines of `name value`, the last one a hash of those before.
    var text: String {
        let body = """
            \(Self.title)
            move \(move)
            tenant \(tenant)
            source \(source)
            target \(target)
            epoch \(epoch)
            version \(version)
            generation \(state.generation)
            state-epoch \(state.epoch)
            txid \(state.txid)
            time \(state.time)
            pages \(state.pageCount)
            checksum \(state.checksum)
            suspect \(isSuspect)

            """
        return body + "hash \(Self.hash(body))\n"
    }

    /// - Returns: nil for anything but a whole manifest.
    init?(text: String) {
        guard let end = text.range(of: "hash ", after: Self.title) else { return nil }
        let body = text[..<end.lowerBound]
        guard text[end.upperBound...] == "\(Self.hash(String(body)))\n" else { return nil }
        var values: [Substring: Substring] = [:]
        for line in body.split(separator: "\n").dropFirst() {
            let parts = line.split(separator: " ", maxSplits: 1)
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        func number(_ name: Substring) -> UInt64? { values[name].flatMap { UInt64($0) } }
        guard let move = values["move"], let tenant = values["tenant"].flatMap({ TenantID(hex: String($0)) }),
            let source = values["source"].flatMap({ NodeID(String($0)) }),
            let target = values["target"].flatMap({ NodeID(String($0)) }), let epoch = number("epoch"),
            let version = number("version"), let generation = number("generation"),
            let stateEpoch = number("state-epoch"), let txid = number("txid"),
            let time = values["time"].flatMap({ Int64($0) }),
            let pages = number("pages").flatMap(UInt32.init(exactly:)),
            let checksum = number("checksum"), let suspect = values["suspect"].flatMap({ Bool(String($0)) })
        else { return nil }
        self.init(
            move: String(move), tenant: tenant, source: source, target: target, epoch: Epoch(epoch), version: version,
            state: TenantState(
                generation: Generation(generation), epoch: Epoch(stateEpoch), txid: TxID(txid),
                time: WallTime(milliseconds: time), pageCount: pages, checksum: checksum),
            isSuspect: suspect)
    }

    private static func hash(_ text: String) -> UInt64 {
        Array(text.utf8).withUnsafeBytes { PageHash.xxh64($0, seed: 0) }
    }
}

extension String {
    /// The last line that begins with these words; nil if the text does not begin with `title`.
    fileprivate func range(of words: String, after title: String) -> Range<String.Index>? {
        guard hasPrefix(title + "\n") else { return nil }
        return ranges(of: "\n" + words).last.map { index(after: $0.lowerBound)..<$0.upperBound }
    }
}

extension TenantEngine {
    /// Writes the manifest beside its copy; durable when it returns.
    ///
    /// - Throws: `TenantsError`.
    package func record(_ manifest: ArrivalManifest) async throws {
        let (files, layout) = (files, layout)
        try await clerk.run { () throws(TenantsError) in
            do throws(FileError) { try ArrivalFiles(files: files, layout: layout).write(manifest) } catch {
                throw error.asTenantsError
            }
        }
    }

    /// The copies that an earlier process answered for. Copies without a manifest are removed.
    ///
    /// - Throws: `TenantsError`.
    package func recordedArrivals() async throws -> [ArrivalManifest] {
        let (files, layout) = (files, layout)
        return try await clerk.run { () throws(TenantsError) in
            do throws(FileError) { return try ArrivalFiles(files: files, layout: layout).manifests() } catch {
                throw error.asTenantsError
            }
        }
    }

    /// The copy is adopted: its manifest is needed no more.
    package func forgetArrival(_ manifest: ArrivalManifest) async {
        let (files, path) = (files, layout.manifestPath(of: manifest.tenant, manifest.state.generation))
        try? await clerk.run { () throws(TenantsError) in try? files.remove(path) }
    }
}

extension ArrivalFiles {
    func write(_ manifest: ArrivalManifest) throws(FileError) {
        let path = layout.manifestPath(of: manifest.tenant, manifest.state.generation)
        let bytes = Array(manifest.text.utf8)
        let file = try files.open(path + ".new", .create)
        defer { file.close() }
        try file.truncate(to: 0)
        try bytes.withUnsafeBytesTyped { raw throws(FileError) in try file.write(raw, at: 0) }
        try file.sync()
        try files.rename(path + ".new", to: path)
        try files.syncDirectory(layout.arrivals)
    }

    func manifests() throws(FileError) -> [ArrivalManifest] {
        try files.makeDirectory(layout.arrivals)
        var found: [ArrivalManifest] = []
        let names = try files.list(layout.arrivals)
        for name in names where name.hasSuffix(".manifest") {
            if let manifest = try read(layout.arrivals + "/" + name) { found.append(manifest) }
        }
        let known = Set(found.map { layout.arrivalPath(of: $0.tenant, $0.state.generation) })
        for name in names where !name.hasSuffix(".manifest") && !known.contains(layout.arrivals + "/" + name) {
            try files.remove(layout.arrivals + "/" + name)
        }
        return found
    }

    private func read(_ path: String) throws(FileError) -> ArrivalManifest? {
        let file = try files.open(path, .read)
        defer { file.close() }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = try bytes.withUnsafeMutableBytesTyped { raw throws(FileError) in try file.read(into: raw, at: 0) }
        guard let text = String(validating: bytes[..<count], as: UTF8.self) else { return nil }
        return ArrivalManifest(text: text)
    }
}
