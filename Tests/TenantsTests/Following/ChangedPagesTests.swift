import Simulator
import Testing
import Vocabulary

@testable import Tenants

@Suite struct ChangedPagesTests {
    @Test(arguments: UInt64(1)...20)
    func `each page that was noted is taken once, unless it is noted again`(seed: UInt64) {
        let random = SeededRandom(seed: seed)
        var changed = ChangedPages(in: .none)
        var model: Set<UInt32> = []
        for _ in 0..<300 {
            if random.once(in: 3) {
                let taken = changed.take(1 + random.below(20), upTo: 900)
                #expect(taken == taken.sorted() && Set(taken).count == taken.count)
                #expect(taken.allSatisfy { $0 <= 900 && model.contains($0) })
                model.subtract(taken)
            } else {
                let page = UInt32(1 + random.below(1000))
                changed.note(page)
                model.insert(page)
            }
            #expect(changed.count <= model.count)
        }
        while !changed.isEmpty { model.subtract(changed.take(50, upTo: 900)) }
        #expect(model.allSatisfy { $0 > 900 }, "left: \(model.sorted())")
    }

    @Test func `a page that changes all the time keeps no other waiting`() {
        var changed = ChangedPages(in: .none)
        for page in UInt32(1)...100 { changed.note(page) }
        var seen: Set<UInt32> = []
        for _ in 0..<12 {
            for page in UInt32(1)...5 { changed.note(page) }
            seen.formUnion(changed.take(10, upTo: 100))
        }
        #expect(seen == Set(1...100))
    }
}
