import Routing
import Testing
import Vocabulary

@Suite struct ParkingLotTests {
    private let a = TenantID(700)
    private let b = TenantID(701)

    @Test func `requests come back in order`() {
        var lot = ParkingLot()
        for number in UInt64(1)...5 {
            #expect(lot.park(number, of: number % 2 == 0 ? b : a, bytes: 10, at: .seconds(1)) == .parked)
        }
        #expect(lot.leave(3) == true)
        #expect(lot.leave(3) == false)
        #expect(lot.release(a) == [1, 5])
        #expect(lot.release(a) == [])
        #expect(lot.bytes == 20 && lot.count == 2)
    }

    @Test func `each bound turns requests away, and room that is freed is given again`() {
        var bounds = ParkingLot.Bounds()
        bounds.requestsPerTenant = 2
        bounds.bytesPerTenant = 100
        bounds.bytes = 150
        bounds.requests = 4
        var lot = ParkingLot(bounds)
        #expect(lot.park(1, of: a, bytes: 101, at: .seconds(0)) == .full)
        #expect(lot.park(2, of: a, bytes: 100, at: .seconds(0)) == .parked)
        #expect(lot.park(3, of: a, bytes: 1, at: .seconds(0)) == .full)
        #expect(lot.park(4, of: b, bytes: 51, at: .seconds(0)) == .full)
        #expect(lot.park(5, of: b, bytes: 50, at: .seconds(0)) == .parked)
        #expect(lot.park(6, of: b, bytes: 0, at: .seconds(0)) == .parked)
        #expect(lot.park(7, of: b, bytes: 0, at: .seconds(0)) == .full)
        #expect(lot.park(8, of: TenantID(702), bytes: 0, at: .seconds(0)) == .parked)
        #expect(lot.park(9, of: TenantID(703), bytes: 0, at: .seconds(0)) == .full)
        #expect(lot.leave(2) == true)
        #expect(lot.park(10, of: a, bytes: 100, at: .seconds(0)) == .parked)
    }

    @Test func `nobody waits longer than the bound`() {
        var lot = ParkingLot()
        #expect(lot.nextDeadline == nil)
        _ = lot.park(1, of: a, bytes: 0, at: .seconds(1))
        _ = lot.park(2, of: b, bytes: 0, at: .seconds(2))
        _ = lot.park(3, of: a, bytes: 0, at: .seconds(3))
        #expect(lot.nextDeadline == .seconds(11))
        #expect(lot.expire(at: .seconds(10.9)) == [])
        #expect(lot.expire(at: .seconds(12)).map(\.number) == [1, 2])
        #expect(lot.nextDeadline == .seconds(13))
        #expect(lot.release(a) == [3])
        #expect(lot.nextDeadline == nil)
    }

    @Test func `random use keeps the counts`() {
        for seed in UInt64(0)..<50 {
            let random = SeededRandom(seed)
            var lot = ParkingLot()
            var model: [UInt64: (tenant: TenantID, bytes: Int)] = [:]
            for number in UInt64(0)..<400 {
                switch random.below(8) {
                case 0:
                    let tenant = TenantID(UInt64(700 + random.below(4)))
                    let expected = model.filter { $0.value.tenant == tenant }.keys.sorted()
                    #expect(lot.release(tenant) == expected)
                    for number in expected { model[number] = nil }
                case 1, 2:
                    let left = UInt64(random.below(400))
                    #expect(lot.leave(left) == (model.removeValue(forKey: left) != nil))
                default:
                    let car = (tenant: TenantID(UInt64(700 + random.below(4))), bytes: random.below(1000))
                    #expect(lot.park(number, of: car.tenant, bytes: car.bytes, at: .seconds(Double(number))) == .parked)
                    model[number] = car
                }
                let expired = lot.expire(at: .seconds(Double(number)))
                for ticket in expired { model[ticket.number] = nil }
                #expect(lot.count == model.count)
                #expect(lot.bytes == model.values.reduce(0) { $0 + $1.bytes })
                #expect(model.keys.allSatisfy { Double($0) + 10 > Double(number) })
            }
        }
    }
}
