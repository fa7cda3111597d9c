import Accounts
import Catalog
import Testing

@Suite struct EmailAddressTests {
    private func normal(_ text: String) -> String? { try? EmailAddress(text).normal }

    private func fault(_ text: String) -> EmailFault? {
        do throws(EmailFault) {
            _ = try EmailAddress(text)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        ("Ann@X.org", "ann@x.ORG"), ("  ann@x.org\r\n", "ann@x.org"), ("ann@x.org.", "ann@x.org"),
        ("zo\u{EB}@x.org", "Zoe\u{308}@x.org"), ("ann@b\u{FC}cher.de", "ann@xn--bcher-kva.de"),
        ("ann@B\u{DC}CHER.de", "ann@bu\u{308}cher.de"), ("ann@XN--BCHER-KVA.de", "ann@b\u{FC}cher.de"),
        ("ann@a\u{3002}org", "ann@a.org"),
    ])
    func `these are one`(_ a: String, _ b: String) throws {
        #expect(try #require(normal(a)) == (try #require(normal(b))))
    }

    /// Full case folding, NFKC, or folding before IDNA would merge them; look-alikes stay apart too.
    @Test(arguments: [
        ("stra\u{DF}e@x.org", "strasse@x.org"), ("\u{FB01}@x.org", "fi@x.org"), ("a@stra\u{DF}e.de", "a@strasse.de"),
        ("\u{17F}@x.org", "s@x.org"), ("\u{FF41}@x.org", "a@x.org"), ("p\u{430}ypal@x.org", "paypal@x.org"),
        ("a@p\u{430}ypal.com", "a@paypal.com"), ("a.b@x.org", "ab@x.org"), ("a+b@x.org", "a@x.org"),
        ("a@\u{3C3}\u{3C2}.gr", "a@\u{3C3}\u{3C3}.gr"), ("\u{131}@x.org", "i@x.org"), ("\"ann\"@x.org", "ann@x.org"),
        ("\u{2460}@x.org", "1@x.org"), ("a@x.org", "a@sub.x.org"),
    ])
    func `these are two`(_ a: String, _ b: String) throws {
        let (first, second) = (try #require(normal(a)), try #require(normal(b)))
        #expect(!first.utf8.elementsEqual(second.utf8))
    }

    @Test(
        arguments: [
            ("", .at), ("ann", .at), ("a@b@x.org", .at), ("\"a@b@x.org", .quotes), ("@x.org", .emptyLocalPart),
            ("a b@x.org", .character), ("a\u{0}b@x.org", .character), ("a\tb@x.org", .character),
            ("a\u{202E}b@x.org", .character), ("a\u{200E}@x.org", .character), ("a\u{200B}b@x.org", .character),
            ("a\u{A0}b@x.org", .character), ("a\u{AD}b@x.org", .character), ("a\u{FEFF}@x.org", .character),
            ("a\u{E000}@x.org", .character), ("a\u{FFFE}@x.org", .character), ("a\r\nBcc: b@x.org", .character),
            ("(c)a@x.org", .character), ("a,b@x.org", .character), ("a\"b\"@x.org", .quotes), ("\"\"@x.org", .quotes),
            ("\"a\",\"b\"@x.org", .quotes), ("\"a\"<c>\"b\"@x.org", .quotes), ("\"a\\\"@x.org", .quotes),
            ("a@x\u{AD}y.org", .domain), ("a@x\u{200B}y.org", .domain),
            ("a@x", .domain), ("a@", .domain), ("a@.", .domain), ("a@x..org", .domain), ("a@.x.org", .domain),
            ("a@-x.org", .domain), ("a@x-.org", .domain), ("a@x_y.org", .domain), ("a@[127.0.0.1]", .domain),
            ("a@127.0.0.1", .domain), ("a@x.org/y", .domain), ("a@x.org:80", .domain), ("a@x.org?y", .domain),
            ("a@x.org#y", .domain), ("a@x%2Eorg", .domain), ("a@x\u{0}.org", .domain), ("a@x .org", .domain),
            ("a@\u{202E}x.org", .domain), ("a@x\u{627}.com", .domain), ("a@x.org..", .domain),
        ] as [(String, EmailFault)])
    func `these are none`(_ text: String, _ expected: EmailFault) {
        #expect(fault(text) == expected)
    }

    @Test func `what is too long is refused before anything is done with it`() {
        let local = String(repeating: "a", count: 248)
        #expect(normal(local + "@x.org") != nil)
        #expect(fault(local + "a@x.org") == .tooLong)
        #expect(fault(String(repeating: "\u{FC}", count: 124) + "a@x.org") == .tooLong)
        #expect(fault(String(repeating: "a@", count: 1_000_000)) == .tooLong)
        #expect(fault("a@" + String(repeating: "a", count: 64) + ".org") == .domain)
        // Encoding makes it longer.
        #expect(fault("a@" + Array(repeating: "\u{FC}\u{FC}\u{FC}\u{FC}", count: 25).joined(separator: ".")) != nil)
    }

    @Test func `quoted local parts are taken as they are`() throws {
        let quoted = try EmailAddress("\"a@B(c)\\\"d\"@x.org")
        #expect(quoted.normal == "\"a@b(c)\\\"d\"@x.org")
        #expect(quoted.given == "\"a@B(c)\\\"d\"@x.org")
    }

    @Test func `mail goes to the address as it was given`() throws {
        let address = try EmailAddress(" Zo\u{EB}@B\u{FC}cher.DE. ")
        #expect(address.given == "Zo\u{EB}@B\u{FC}cher.DE.")
        #expect(address.forCatalog.rule == 1)
    }
}
