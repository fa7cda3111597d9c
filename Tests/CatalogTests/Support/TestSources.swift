import Catalog
import Seams
import Synchronization
import Vocabulary

/// SplitMix64: the same seed gives the same run.
final class SeededRandom: RandomSource {
    private let state: Mutex<UInt64>

    init(_ seed: UInt64) { state = Mutex(seed) }

    func next() -> UInt64 {
        state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }

    func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

    func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// A clock that stands until it is moved.
final class ManualTime: TimeSource {
    private let now: Mutex<UInt64>

    init(seconds: Double = 1000) { now = Mutex(UInt64(seconds * 1e9)) }

    func advance(seconds: Double) { now.withLock { $0 += UInt64(seconds * 1e9) } }
    func monotonic() -> Instant { Instant(nanoseconds: now.withLock { $0 }) }
    func wall() -> WallTime { WallTime(milliseconds: Int64(now.withLock { $0 } / 1_000_000)) }
}

extension Instant {
    static func seconds(_ seconds: Double) -> Instant { Instant(nanoseconds: UInt64(seconds * 1e9)) }
}

extension WallTime {
    static func hours(_ hours: Int64) -> WallTime { WallTime(milliseconds: 1_700_000_000_000 + hours * 3_600_000) }
}

func key(_ text: String) -> TenantKey { try! TenantKey(text) }
func node(_ text: String) -> NodeID { NodeID(text)! }

extension CatalogStore {
    /// A store whose pauses take no time.
    static func over(_ driver: any CatalogDriver, seed: UInt64 = 1) -> CatalogStore {
        CatalogStore(driver: driver, random: SeededRandom(seed), sleep: { _ in })
    }
}
