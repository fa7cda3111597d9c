package enum LaneError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The system gave no thread (`pthread_create`'s result).
    case noThread(name: String, errno: Int32)

    package var description: String {
        switch self {
        case .noThread(let name, let code):
            "the system gave no thread for \(name) (errno \(code)); raise the limit on processes or tasks"
        }
    }
}
