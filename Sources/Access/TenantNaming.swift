import Vocabulary

/// How a request names its tenant: path `/t/{key}/…`, header `Rowhouse-Tenant` or `x-namespace`, or the host name. Several
/// may, if they agree. Works on bytes and allocates only for keys of more than 15 bytes: every request passes here.
package enum TenantNaming {
    /// - Parameters:
    ///   - path: the request target, beginning with `/`; a query may follow.
    ///   - rowhouseTenant: the header's value, percent-encoded UTF-8.
    ///   - xNamespace: the header's value; nil where that header is switched off.
    ///   - domain: lower-case, without a leading dot; nil where none is configured.
    /// - Throws: `keyInvalid`, `tenantConflict`.
    package static func resolve(
        path: String, rowhouseTenant: String?, xNamespace: String?, host: String?, domain: String?
    ) throws(AccessError) -> ResolvedName {
        let target = path.utf8.span
        let split = PathSplit(target)
        var key: TenantKey?
        if let range = split.key { try agree(&key, decode(target, range)) }
        if let rowhouseTenant { try agree(&key, decode(rowhouseTenant)) }
        if let xNamespace { try agree(&key, decode(xNamespace)) }
        let hostKey = try hostKey(host, domain)
        if let hostKey { try agree(&key, hostKey) }
        return ResolvedName(
            key: key, isByHost: hostKey != nil, path: split.remainder(of: target), isByPath: split.key != nil)
    }

    private static func agree(_ key: inout TenantKey?, _ other: TenantKey) throws(AccessError) {
        guard key == nil || key == other else { throw .tenantConflict }
        key = other
    }

    private static func hostKey(_ host: String?, _ domain: String?) throws(AccessError) -> TenantKey? {
        guard let host, let domain else { return nil }
        let bytes = host.utf8.span
        guard bytes.count > 0, bytes[0] != UInt8(ascii: "["), let name = HostText.name(in: bytes),
            let labels = HostText.labels(in: bytes, name, under: domain), !labels.isEmpty
        else { return nil }
        // Not folded to lower case: then two spellings would name one tenant here and two in a path.
        guard isLabels(bytes, labels) else { throw .keyInvalid(.hostLabel) }
        return try decode(bytes, labels)
    }

    /// Labels of `a-z 0-9 - _`, none of them empty.
    private static func isLabels(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
        var length = 0
        for index in range {
            switch bytes[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "_"):
                length += 1
            case UInt8(ascii: ".") where length > 0: length = 0
            default: return false
            }
        }
        return length > 0
    }

    private static func decode(_ text: String) throws(AccessError) -> TenantKey {
        let bytes = text.utf8.span
        return try decode(bytes, 0..<bytes.count)
    }

    /// Undoes percent-encoding and checks the key's rules.
    private static func decode(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) throws(AccessError) -> TenantKey {
        // Inline storage, so that nothing is allocated: a key has at most 128 bytes.
        var decoded = InlineArray<128, UInt8>(repeating: 0)
        var count = 0
        var index = range.lowerBound
        while index < range.upperBound {
            guard count < TenantKey.maximumBytes else { throw .keyInvalid(.tooLong) }
            var byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "%") {
                guard index + 2 <= range.upperBound, let high = Digests.nibble(bytes[index]),
                    let low = Digests.nibble(bytes[index + 1])
                else { throw .keyInvalid(.escape) }
                byte = high << 4 | low
                index += 2
            }
            decoded[count] = byte
            count += 1
        }
        let text = decoded.span.withUnsafeBufferPointer {
            String(validating: UnsafeBufferPointer(rebasing: $0.prefix(count)), as: UTF8.self)
        }
        guard let text else { throw .keyInvalid(.notUTF8) }
        do throws(TenantKeyError) {
            return try TenantKey(text)
        } catch {
            throw .keyInvalid(KeyFault(error))
        }
    }
}

extension KeyFault {
    init(_ error: TenantKeyError) {
        switch error {
        case .empty: self = .empty
        case .tooLong: self = .tooLong
        case .dots: self = .dots
        case .control: self = .control
        }
    }
}
