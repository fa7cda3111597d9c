import Settings
import Testing
import Vocabulary

struct UnitTests {
    @Test(arguments: [
        ("0B", 0), ("1B", 1), ("64KiB", 65_536), ("10MiB", 10 << 20), ("2GiB", 2 << 30), ("3TiB", 3 << 40),
    ])
    func `Sizes read and print alike`(text: String, bytes: Int) {
        #expect(SizeText.parse(text) == bytes)
        #expect(SizeText.print(bytes) == text)
    }

    @Test(arguments: ["", "10", "MiB", "10MB", "10 MiB", "1.5MiB", "-1MiB", "10mib", "9999999999TiB"])
    func `Text that is no size is refused`(text: String) {
        #expect(SizeText.parse(text) == nil)
    }

    @Test(arguments: [
        ("400us", Duration.microseconds(400)), ("15ms", .milliseconds(15)), ("30s", .seconds(30)),
        ("10m", .seconds(600)), ("36h", .seconds(129_600)), ("7d", .seconds(604_800)), ("0s", .zero),
    ])
    func `Durations read and print alike`(text: String, duration: Duration) {
        #expect(DurationText.parse(text) == duration)
        #expect(DurationText.print(duration) == text)
    }

    @Test(arguments: ["", "10", "s", "1.5s", "-1s", "10 s", "10min", "1h30m", "99999999999999999999s"])
    func `Text that is no duration is refused`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test func `Addresses tell whether they are loopback`() {
        #expect(ListenAddress("127.0.0.1:8080")?.isLoopback == true)
        #expect(ListenAddress("127.9.9.9:0")?.isLoopback == true)
        #expect(ListenAddress("[::1]:8080")?.isLoopback == true)
        #expect(ListenAddress("localhost:8080")?.isLoopback == true)
        #expect(ListenAddress("0.0.0.0:8080")?.isLoopback == false)
        #expect(ListenAddress("[::]:8080")?.isLoopback == false)
        #expect(ListenAddress("[::1]:8080")?.description == "[::1]:8080")
        for wrong in ["", ":80", "a", "a:", "a:x", "[::1]", "[zz]:80", "a b:80", "a:080808", "a:-1"] {
            #expect(ListenAddress(wrong) == nil, "\(wrong)")
        }
    }

    @Test func `Address blocks hold what they say`() throws {
        let block = try #require(AddressRange("10.1.0.0/16"))
        #expect(block.contains("10.1.255.255") && block.contains("::ffff:10.1.2.3"))
        #expect(!block.contains("10.2.0.0") && !block.contains("::1") && !block.contains("junk"))
        #expect(try #require(AddressRange("fd00::/9")).contains("fd7f::1"))
        #expect(try #require(AddressRange("0.0.0.0/0")).contains("1.2.3.4"))
        for wrong in ["", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.1/8", "10.0/8", "fd00::1/8"] {
            #expect(AddressRange(wrong) == nil, "\(wrong)")
        }
    }

    @Test(arguments: [
        ("dm:*", "dm:17:42", true), ("dm:*", "dm:", true), ("dm:*", "xdm:1", false), ("*", "anything", true),
        ("a*b*c", "a-b-b-c", true), ("a*b*c", "a-c-b", false), ("exact", "exact", true), ("exact", "exactly", false),
        ("*.eu", "acme.eu", true), ("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
    ])
    func `A pattern matches keys byte for byte`(pattern: String, key: String, matches: Bool) throws {
        #expect(try #require(KeyPattern(pattern)).matches(try TenantKey(key)) == matches)
    }

    @Test func `The first schema whose pattern fits decides`() throws {
        let rules = try load(
            "schemas: {all-dm: {match: \"dm:*\"}, one: {match: \"dm:1\"}, default: {template: a.sql}}"
        )
        .settings.schemas
        #expect(rules.rule(for: try TenantKey("dm:1")).name == "all-dm")
        #expect(rules.rule(for: try TenantKey("other")).template == "a.sql")
    }
}
