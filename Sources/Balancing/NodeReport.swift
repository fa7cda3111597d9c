package import Planning
package import Vocabulary

/// What a node says of itself to whoever plans: its room, all its tenants' load together, and the heaviest of them one by one.
package struct NodeReport: Equatable, Sendable {
    package struct Tenant: Equatable, Sendable {
        package var id: TenantID
        package var slow: Load
        package var fast: Load

        package init(id: TenantID, slow: Load, fast: Load) {
            self.id = id
            self.slow = slow
            self.fast = fast
        }
    }

    /// What the node has to give; 0: not known.
    package var capacity: Load
    /// Bytes on its disk that are no tenant's.
    package var otherBytes: Int64
    /// Of all its tenants, those listed included.
    package var slow: Load
    package var fast: Load
    package var tenants: [Tenant]

    /// The heaviest that are listed in each dimension.
    package static let listed = 256

    package init(
        capacity: Load, otherBytes: Int64 = 0, slow: Load = .zero, fast: Load = .zero, tenants: [Tenant] = []
    ) {
        self.capacity = capacity
        self.otherBytes = otherBytes
        self.slow = slow
        self.fast = fast
        self.tenants = tenants
    }
}

// MARK: Bytes

extension NodeReport {
    private static let form: UInt8 = 1
    /// More than a node lists.
    private static let most = 4 * listed

    /// A byte for the form, then numbers of seven bits a byte, the low ones first: some 30 bytes a tenant, at most 74.
    package var encoded: [UInt8] {
        var bytes = [Self.form]
        Self.put(capacity, in: &bytes)
        Self.put(UInt64(max(otherBytes, 0)), in: &bytes)
        Self.put(slow, in: &bytes)
        Self.put(fast, in: &bytes)
        let listed = tenants.prefix(Self.most)
        Self.put(UInt64(listed.count), in: &bytes)
        for tenant in listed {
            Self.put(tenant.id.rawValue, in: &bytes)
            Self.put(tenant.slow, in: &bytes)
            Self.put(tenant.fast, in: &bytes)
        }
        return bytes
    }

    /// Nil for bytes of another form, or damaged ones.
    package init?(_ bytes: [UInt8]) {
        var rest = bytes[...]
        guard rest.popFirst() == Self.form, let capacity = Self.load(&rest), let other = Self.number(&rest),
            let slow = Self.load(&rest), let fast = Self.load(&rest), let count = Self.number(&rest), count <= Self.most
        else { return nil }
        var tenants: [Tenant] = []
        for _ in 0..<count {
            guard let id = Self.number(&rest), let slow = Self.load(&rest), let fast = Self.load(&rest) else {
                return nil
            }
            tenants.append(Tenant(id: TenantID(id), slow: slow, fast: fast))
        }
        guard rest.isEmpty else { return nil }
        self.init(capacity: capacity, otherBytes: Self.whole(other), slow: slow, fast: fast, tenants: tenants)
    }

    private static func put(_ load: Load, in bytes: inout [UInt8]) {
        for dimension in Dimension.allCases { put(UInt64(max(load[dimension], 0)), in: &bytes) }
    }

    private static func put(_ number: UInt64, in bytes: inout [UInt8]) {
        var number = number
        while number >= 0x80 {
            bytes.append(UInt8(number & 0x7F) | 0x80)
            number >>= 7
        }
        bytes.append(UInt8(number))
    }

    private static func load(_ rest: inout ArraySlice<UInt8>) -> Load? {
        var load = Load.zero
        for dimension in Dimension.allCases {
            guard let number = number(&rest) else { return nil }
            load[dimension] = whole(number)
        }
        return load
    }

    /// Sums of some thousands stay far below what a number holds.
    private static func whole(_ number: UInt64) -> Int64 { Int64(min(number, 1 << 53)) }

    private static func number(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
        }
        return nil
    }
}
