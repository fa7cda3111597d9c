import ControlPlane

/// Takes back the sign-ups that crashes left, now and then. Every node does, since any may be the one that is left.
struct SignUpSweeps: Sendable {
    let service: SignUpService

    /// Nanoseconds.
    private static let interval: UInt64 = 5_000_000_000

    func run() async {
        while true {
            do { try await NodeParts.sleep(Self.interval) } catch { return }
            _ = try? await service.sweep()
        }
    }
}
