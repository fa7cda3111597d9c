/// A node that has too much of something.
struct Overload: Hashable, Comparable, Sendable {
    let node: Int
    let dimension: Dimension

    static func < (a: Overload, b: Overload) -> Bool { (a.node, a.dimension) < (b.node, b.dimension) }
}
