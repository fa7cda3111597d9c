import Seams
import Synchronization
import Testing

import func Glibc.usleep

@testable import Accounts

@Suite struct PasswordTests {
    private func passwords(_ logRounds: Int = 10) -> Passwords {
        Passwords(pool: PasswordPool(), logRounds: logRounds, random: SystemRandom())
    }

    @Test func `a password fits its hash and no other`() async throws {
        let passwords = passwords()
        let stored = try await passwords.hash("correct horse")
        #expect(stored.hasPrefix("scrypt$ln=10,r=8,p=3$"))
        #expect(try await passwords.verify("correct horse", against: stored) == .right)
        #expect(try await passwords.verify("correct hors", against: stored) == .wrong)
        #expect(try await passwords.verify("correct horse", against: nil) == .wrong)
        #expect(try await passwords.verify("", against: nil) == .wrong)
        #expect(try await passwords.verify("correct horse", against: "scrypt$ln=10,r=8,p=1$AAAA$AAAA") == .wrong)
        #expect(try await passwords.hash("correct horse") != stored)
    }

    /// The function itself, as RFC 7914 has it.
    @Test func `the hash is scrypt's`() throws {
        let cost = PasswordHash.Cost(logRounds: 14, blockSize: 8, parallelism: 1)
        let hash = try #require(
            PasswordHash(Array("pleaseletmein".utf8), cost: cost, salt: Array("SodiumChloride".utf8)))
        let expected: [UInt8] = [0x70, 0x23, 0xBD, 0xCB, 0x3A, 0xFD, 0x73, 0x48]
        #expect(Array(hash.hash.prefix(8)) == expected)
        #expect(PasswordHash(hash.text) == hash)
    }

    @Test func `another cost is told, with the hash to store instead`() async throws {
        let old = try await passwords(10).hash("correct horse")
        guard case .outdated(let new) = try await passwords(11).verify("correct horse", against: old) else {
            Issue.record("not told")
            return
        }
        #expect(new.hasPrefix("scrypt$ln=11,"))
        #expect(try await passwords(11).verify("correct horse", against: new) == .right)
        #expect(try await passwords(11).verify("wrong horse", against: old) == .wrong)
    }

    @Test(arguments: [(20, 3), (15, 1), (14, 3)])
    func `what the setting allows, and what it once made, can be read`(rounds: Int, lanes: Int) {
        let text =
            "scrypt$ln=\(rounds),r=8,p=\(lanes)$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        #expect(PasswordHash(text)?.text == text)
    }

    @Test func `letters are the same however a keyboard spells them`() async throws {
        let stored = try await passwords().hash("zo\u{EB}zo\u{EB}zo\u{EB}")
        #expect(try await passwords().verify("zoe\u{308}zoe\u{308}zoe\u{308}", against: stored) == .right)
    }

    @Test func `too short and too long ones are refused`() async {
        await #expect(throws: AccountsError.password(.tooShort)) { try await passwords().hash("1234567") }
        await #expect(throws: AccountsError.password(.tooLong)) {
            try await passwords().hash(String(repeating: "x", count: 1025))
        }
    }

    @Test(arguments: [
        "", "scrypt", "scrypt$ln=15,r=8,p=1$$", "bcrypt$ln=10,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA==$AAAA",
        "scrypt$ln=99,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        // More than a gigabyte, or more than a minute: damaged, not expensive.
        "scrypt$ln=20,r=32,p=1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "scrypt$ln=20,r=8,p=16$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "scrypt$ln=10,r=8,p=1,x=2$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ])
    func `a text that is no hash is none`(_ text: String) {
        #expect(PasswordHash(text) == nil)
    }

    @Test func `the pool is bounded, answers what it took, and ends`() async throws {
        let pool = PasswordPool()
        let state = Shared()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    do {
                        try await pool.run { while !state.isReleased { usleep(500) } }
                    } catch {
                        state.refuse()
                    }
                }
            }
            // All that have no place are told at once; the others wait for the release.
            while state.refusals < 200 - PasswordPool.workers - PasswordPool.queue { usleep(500) }
            state.release()
        }
        #expect(state.refusals == 200 - PasswordPool.workers - PasswordPool.queue)
        pool.close()
        await #expect(throws: AccountsError.busy(retryAfterSeconds: 1)) { try await pool.run { 1 } }
    }
}

private final class Shared: Sendable {
    private let state = Mutex((isReleased: false, refusals: 0))

    var isReleased: Bool { state.withLock { $0.isReleased } }
    var refusals: Int { state.withLock { $0.refusals } }
    func release() { state.withLock { $0.isReleased = true } }
    func refuse() { state.withLock { $0.refusals += 1 } }
}
