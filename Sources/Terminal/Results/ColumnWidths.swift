/// Widths of columns that stand side by side.
enum ColumnWidths {
    /// No column is squeezed below this, even where the table then does not fit.
    private static let narrowest = 4

    /// Natural widths, the widest taken down first until all fit.
    ///
    /// - Parameters:
    ///   - kept: columns that are cut only where cutting all others does not do.
    ///   - room: for all of them together, without what stands between.
    static func fitted(_ natural: [Int], kept: Set<Int> = [], to room: Int) -> [Int] {
        var widths = natural
        squeeze(&widths, natural.indices.filter { !kept.contains($0) }, to: room)
        squeeze(&widths, Array(natural.indices), to: room)
        return widths
    }

    private static func squeeze(_ widths: inout [Int], _ columns: [Int], to room: Int) {
        while widths.reduce(0, +) > room, let most = columns.map({ widths[$0] }).max(), most > narrowest {
            let next = columns.map { widths[$0] }.filter { $0 < most }.max() ?? narrowest
            let widest = columns.filter { widths[$0] == most }
            let excess = widths.reduce(0, +) - room
            let step = max(1, min(most - max(next, narrowest), (excess + widest.count - 1) / widest.count))
            for index in widest.reversed() where widths.reduce(0, +) > room { widths[index] -= step }
        }
    }
}
