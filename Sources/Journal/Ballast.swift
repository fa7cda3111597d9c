/// A file that is only there to be given up: when the disk is full, its room lets deletes, checkpoints and shrinking go on.
enum Ballast {
    static func path(in directory: String) -> String { directory + "/ballast" }
}
