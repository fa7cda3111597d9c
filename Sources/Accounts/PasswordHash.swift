import Crypto
import CryptoExtras
import Foundation

/// A password's scrypt hash with what it was made with, as one line of text: `scrypt$ln=15,r=8,p=3$salt$hash`, both base64.
struct PasswordHash: Equatable, Sendable {
    struct Cost: Equatable, Sendable {
        /// The binary logarithm of N: memory is 128 · r · N bytes, 32 MiB for 15 and 8.
        var logRounds: Int
        var blockSize = 8
        var parallelism = 3

        /// What a stored text may ask for: beyond it the row is damaged, not expensive. 1 GiB, and eight times that to compute.
        var isReasonable: Bool {
            (1...20).contains(logRounds) && (1...32).contains(blockSize) && (1...16).contains(parallelism)
                && blockSize << logRounds <= 1 << 23 && parallelism * blockSize << logRounds <= 1 << 26
        }
    }

    static let saltBytes = 16
    private static let hashBytes = 32

    let cost: Cost
    let salt: [UInt8]
    let hash: [UInt8]

    /// Some 0.3 s on the calling thread at the default cost.
    ///
    /// - Returns: nil where there is no memory for it.
    init?(_ password: [UInt8], cost: Cost, salt: [UInt8]) {
        guard let hash = Self.derive(password, cost, salt) else { return nil }
        self.cost = cost
        self.salt = salt
        self.hash = hash
    }

    /// Reads what `text` gave; nil for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "scrypt", let cost = Self.cost(parts[1]),
            let salt = Data(base64Encoded: String(parts[2])), let hash = Data(base64Encoded: String(parts[3])),
            (8...64).contains(salt.count), hash.count == Self.hashBytes
        else { return nil }
        self.cost = cost
        self.salt = Array(salt)
        self.hash = Array(hash)
    }

    var text: String {
        "scrypt$ln=\(cost.logRounds),r=\(cost.blockSize),p=\(cost.parallelism)$"
            + Data(salt).base64EncodedString() + "$" + Data(hash).base64EncodedString()
    }

    private static func cost(_ text: Substring) -> Cost? {
        let parts = text.split(separator: ",")
        func number(_ index: Int, _ name: String) -> Int? {
            guard index < parts.count, parts[index].hasPrefix(name + "=") else { return nil }
            return Int(parts[index].dropFirst(name.utf8.count + 1))
        }
        guard parts.count == 3, let rounds = number(0, "ln"), let size = number(1, "r"), let lanes = number(2, "p")
        else { return nil }
        let cost = Cost(logRounds: rounds, blockSize: size, parallelism: lanes)
        return cost.isReasonable ? cost : nil
    }

    /// Takes as long for a wrong password as for the right one.
    func matches(_ password: [UInt8]) -> Bool {
        guard let other = Self.derive(password, cost, salt) else { return false }
        var difference: UInt8 = 0
        for index in hash.indices { difference |= hash[index] ^ other[index] }
        return difference == 0
    }

    private static func derive(_ password: [UInt8], _ cost: Cost, _ salt: [UInt8]) -> [UInt8]? {
        let key = try? KDF.Scrypt.deriveKey(
            from: password, salt: salt, outputByteCount: hashBytes, rounds: 1 << cost.logRounds,
            blockSize: cost.blockSize, parallelism: cost.parallelism)
        return key?.withUnsafeBytes { Array($0) }
    }
}
