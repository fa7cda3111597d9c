import Crypto
import FoundationEssentials
import Seams
import Synchronization
import Testing
import Vocabulary

@testable import Access

/// A clock that tests set.
final class SetTime: TimeSource {
    private let seconds: Mutex<(wall: Int64, steady: UInt64)>
    init(seconds: Int64 = 1_763_000_000) { self.seconds = Mutex((seconds, 1000)) }
    /// Backwards goes the wall's clock only.
    func pass(seconds more: Int64) {
        seconds.withLock { seconds in
            seconds.wall += more
            seconds.steady += UInt64(max(more, 0))
        }
    }
    func wall() -> WallTime { WallTime(milliseconds: seconds.withLock { $0.wall } * 1000) }
    func monotonic() -> Instant { Instant(nanoseconds: seconds.withLock { $0.steady } * 1_000_000_000) }
}

/// Numbers that repeat from run to run and differ from call to call.
final class SeededRandom: RandomSource {
    private let state = Mutex<UInt64>(1)
    func next() -> UInt64 {
        state.withLock { state in
            state &*= 6_364_136_223_846_793_005
            state &+= 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }
    func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 24) } }
}

/// Keys, a clock, and tokens made with them.
struct Issuer {
    let time = SetTime()
    let random = SeededRandom()
    var keys = SigningKeys()

    init(kid: String? = nil) throws {
        try keys.addSigning(SigningKeys.privateKeyText(seed: random.bytes(32)), kid: kid)
    }

    func token(
        _ tenant: TenantID = TenantID(0x1000), key: String = "acme", level: AccessLevel = .write,
        seconds: Int64 = 3600
    ) throws -> TenantTokens.New {
        try #require(
            TenantTokens.make(
                for: tenant, key: TenantKey(key), level: level, seconds: seconds, keys: keys, now: time.wall(),
                random: random))
    }

    /// A token with a payload and header of the test's own, signed properly.
    func sign(_ payload: String, header: String = #"{"alg":"EdDSA"}"#) throws -> String {
        let signed = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(payload.utf8))
        let signing = try #require(keys.signing)
        return signed + "." + Base64URL.encode(try signing.key.signature(for: Array(signed.utf8)))
    }

    func verify(_ token: String) throws(AccessError) -> TenantGrant {
        try TenantTokens.verify(Substring(token), keys: keys, now: time.wall())
    }

    func failure(_ token: String) -> AccessError? {
        do throws(AccessError) {
            _ = try verify(token)
            return nil
        } catch {
            return error
        }
    }
}

func target(_ key: String, _ id: UInt64? = nil, boundAt: Int64? = nil) throws -> TenantTarget {
    TenantTarget(
        key: try TenantKey(key), id: id.map { TenantID($0) }, keyBoundAt: boundAt.map { WallTime(milliseconds: $0) })
}

/// What a call throws, for comparing.
func failure<Result>(_ body: () throws(AccessError) -> Result) -> AccessError? {
    do throws(AccessError) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}
