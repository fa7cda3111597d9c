package import Seams

/// Hashes and checks passwords, on threads of their own.
package struct Passwords: Sendable {
    private let pool: PasswordPool
    private let cost: PasswordHash.Cost
    private let random: any RandomSource
    /// What a password is compared with where there is none: as slow as one of today's, and it never fits.
    private let dummy: PasswordHash

    /// - Parameter logRounds: scrypt's cost; stored hashes of another cost are replaced at the next sign-in.
    package init(pool: PasswordPool, logRounds: Int, random: any RandomSource) {
        self.pool = pool
        self.random = random
        cost = PasswordHash.Cost(logRounds: logRounds)
        dummy = PasswordHash(cost: cost)
    }

    /// The text to store for a new password.
    ///
    /// - Throws: `password`, `busy`.
    package func hash(_ password: String) async throws(AccountsError) -> String {
        let bytes: [UInt8]
        do throws(PasswordFault) { bytes = try PasswordText.new(password) } catch { throw .password(error) }
        return try await hash(bytes)
    }

    /// A digest of what holds a password, too costly to try many out: 16 MiB and some 0.04 s. The same on every node, whatever its
    /// passwords cost.
    ///
    /// - Parameter salt: of its own.
    /// - Throws: `busy`.
    package func digest(_ bytes: [UInt8], salt: [UInt8]) async throws(AccountsError) -> [UInt8] {
        let cost = PasswordHash.Cost(logRounds: 14, parallelism: 1)
        guard let hash = try await pool.run({ PasswordHash(bytes, cost: cost, salt: salt)?.hash }) else {
            throw .busy(retryAfterSeconds: 5)
        }
        return hash
    }

    private func hash(_ bytes: [UInt8]) async throws(AccountsError) -> String {
        let (cost, salt) = (cost, random.bytes(PasswordHash.saltBytes))
        guard let hash = try await pool.run({ PasswordHash(bytes, cost: cost, salt: salt)?.text }) else {
            throw .busy(retryAfterSeconds: 5)
        }
        return hash
    }

    enum Verdict: Equatable, Sendable {
        case wrong
        case right
        /// Right, and made with another cost: store this instead.
        case outdated(String)
    }

    /// Compares a password with what is stored. It costs the same without anything stored.
    ///
    /// - Throws: `busy`.
    func verify(_ password: String, against stored: String?) async throws(AccountsError) -> Verdict {
        guard password.utf8.count <= PasswordText.longest else { return .wrong }
        let bytes = PasswordText.bytes(password)
        let known = stored.flatMap { PasswordHash($0) }
        let hash = known ?? dummy
        guard try await pool.run({ hash.matches(bytes) }), let known else { return .wrong }
        return known.cost == cost ? .right : .outdated(try await self.hash(bytes))
    }
}

extension PasswordHash {
    fileprivate init(cost: Cost) {
        self.cost = cost
        salt = Array(repeating: 0, count: Self.saltBytes)
        hash = Array(repeating: 0, count: 32)
    }
}
