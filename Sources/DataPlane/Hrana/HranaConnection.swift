/// What is kept for a connection between its requests. On its event loop.
final class HranaConnection: Sendable {
    /// Where the client is, as text.
    let address: String
    private let service: HranaService
    private let spare: PipelineExchange

    init(_ address: String, _ service: HranaService) {
        self.address = address
        self.service = service
        spare = PipelineExchange(service)
    }

    /// An exchange that nobody uses, taken.
    func exchange() -> PipelineExchange {
        if spare.take() { return spare }
        let other = PipelineExchange(service)
        _ = other.take()
        return other
    }
}
