import ControlPlane
import Residents

/// Takes back the sign-ups that crashes left, now and then: every node does, since any may be the one that is left. Then drops what
/// this node made for sign-ups that came to nothing.
struct SignUpSweeps: Sendable {
    let service: SignUpService
    let residents: Residents

    /// Nanoseconds.
    private static let interval: UInt64 = 5_000_000_000

    func run() async {
        while true {
            do { try await NodeParts.sleep(Self.interval) } catch { return }
            _ = try? await service.sweep()
            _ = try? await residents.clearLeftovers()
        }
    }
}
