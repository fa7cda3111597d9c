/// Finds named arguments by the bytes of their names.
///
/// Sorted rather than hashed: no allocation per name, and names that differ only in Unicode normalisation stay different,
/// as they are for SQLite. n arguments cost n·log n, so a request cannot make the search quadratic.
struct NamedArgumentIndex {
    private let arguments: [NamedArgument]
    /// Indexes into `arguments` in the order of names, without those that a later argument of the same name replaces.
    private let sorted: [Int]

    init(_ arguments: [NamedArgument]) {
        self.arguments = arguments
        let order = arguments.indices.sorted { a, b in
            let (x, y) = (arguments[a].name.utf8, arguments[b].name.utf8)
            if x.lexicographicallyPrecedes(y) { return true }
            return a < b && !y.lexicographicallyPrecedes(x)
        }
        var unique: [Int] = []
        unique.reserveCapacity(order.count)
        for index in order {
            if let last = unique.last, arguments[last].name.utf8.elementsEqual(arguments[index].name.utf8) {
                unique.removeLast()
            }
            unique.append(index)
        }
        sorted = unique
    }

    /// How many different names there are.
    var count: Int { sorted.count }

    /// The index of the argument whose name is exactly these bytes.
    func find(_ name: Substring.UTF8View) -> Int? {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if arguments[sorted[middle]].name.utf8.lexicographicallyPrecedes(name) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        guard low < sorted.count, arguments[sorted[low]].name.utf8.elementsEqual(name) else { return nil }
        return sorted[low]
    }
}
