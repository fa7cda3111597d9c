/// What this binary is.
enum Build {
    /// Semantic version of the whole project.
    static let version = "0.1.0"
}
