import Vocabulary

/// Pages that commits have changed since somebody began to read a tenant's file while others go on writing.
///
/// A bit for each page of the file: 32 KiB for 1 GiB. Belongs to the tenant's thread.
struct ChangedPages {
    private static let bits = UInt32(UInt64.bitWidth)

    /// Of the file that they are of.
    let generation: Generation
    /// Whose they are: one who follows the same file later has another.
    let follower: UInt64
    private(set) var count = 0
    private var words: [UInt64] = []
    /// Where the next batch begins: pages are taken round and round, so that none waits for ever behind busy ones.
    private var next: UInt32 = 0

    init(in generation: Generation, for follower: UInt64 = 0) {
        self.generation = generation
        self.follower = follower
    }

    var isEmpty: Bool { count == 0 }

    /// - Parameter page: from 1.
    mutating func note(_ page: UInt32) {
        let (word, bit) = Self.place(page)
        if word >= words.count { words.append(contentsOf: repeatElement(0, count: word + 1 - words.count)) }
        guard words[word] & bit == 0 else { return }
        words[word] |= bit
        count += 1
    }

    /// Takes the next ones, in order of their numbers, and forgets them.
    ///
    /// - Parameters:
    ///   - limit: at most so many.
    ///   - last: pages beyond are none of the database's any more, and forgotten.
    mutating func take(_ limit: Int, upTo last: UInt32) -> [UInt32] {
        var taken: [UInt32] = []
        var isRound = false
        while taken.count < limit, count > 0 {
            guard let page = first(from: next) else {
                if isRound { break }
                isRound = true
                next = 0
                continue
            }
            let (word, bit) = Self.place(page)
            words[word] &= ~bit
            count -= 1
            next = page
            if page <= last { taken.append(page) }
        }
        return taken.sorted()
    }

    /// - Parameter bit: counted from 0, so it is the number of the page before.
    private func first(from bit: UInt32) -> UInt32? {
        var word = Int(bit / Self.bits)
        guard word < words.count else { return nil }
        var rest = words[word] & ~((1 << UInt64(bit % Self.bits)) - 1)
        while rest == 0 {
            word += 1
            guard word < words.count else { return nil }
            rest = words[word]
        }
        return UInt32(word) * Self.bits + UInt32(rest.trailingZeroBitCount) + 1
    }

    private static func place(_ page: UInt32) -> (word: Int, bit: UInt64) {
        precondition(page > 0, "pages are numbered from 1")
        return (Int((page - 1) / bits), 1 << UInt64((page - 1) % bits))
    }
}
