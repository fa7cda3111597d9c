import NIOHTTP1

/// What the door needs to know of a sound head.
struct HeadFacts: Hashable {
    var keepAlive: Bool
    var isHead: Bool
    /// HTTP/1.0: no chunks, no interim answers, and keep-alive only if said.
    var isOld: Bool
    var contentLength: Int?
    var isChunked = false
    var expectsContinue = false
    /// NIO's parser stops after such a request, so the connection cannot go on.
    var asksUpgrade = false

    var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }
}

/// Refuses what a parser that is lenient, or a proxy in front of us, could read in another way than we do.
///
/// llhttp already refuses malformed lengths, a length twice, spaces before colons, and a length beside chunks. What is
/// refused here on top: any transfer coding but exactly `chunked`, any at all in HTTP/1.0, a missing or doubled host,
/// a host that is none, foreign absolute targets, `CONNECT`, and line breaks that were folded into a value.
enum HeadInspection {
    enum Outcome: Equatable {
        case sound(HeadFacts)
        /// The request's end may not be where we think: the connection ends with the answer.
        case broken(DoorRefusal)
        /// The framing is sound, so the connection may live on.
        case unwanted(DoorRefusal, HeadFacts)
    }

    static func inspect(_ head: HTTPRequestHead) -> Outcome {
        var facts = HeadFacts(
            keepAlive: head.isKeepAlive, isHead: head.method == .HEAD, isOld: head.version.minor == 0)
        var notes = Notes()
        for (name, value) in head.headers {
            notes.take(name, value, &facts)
        }
        if facts.contentLength != nil && facts.isChunked || facts.isOld && notes.codings > 0 || notes.codings > 1 {
            notes.broken = true
        }
        if notes.broken { return .broken(.framingAmbiguous) }
        if head.method == .CONNECT { return .broken(.methodRefused) }
        if facts.isOld { facts.expectsContinue = false }
        if let refusal = notes.hostRefusal(isOld: facts.isOld) { return .broken(refusal) }
        if !isOwnTarget(head.uri, host: notes.host, method: head.method) { return .unwanted(.targetInvalid, facts) }
        if notes.unknownExpectation && !facts.isOld { return .unwanted(.expectationUnknown, facts) }
        return .sound(facts)
    }

    /// Strips `http://host` of an absolute target whose authority is the host; `nil` if there is nothing to strip.
    static func originForm(of uri: String) -> String? {
        guard uri.utf8.first != UInt8(ascii: "/"), let rest = afterScheme(uri) else { return nil }
        guard let slash = rest.firstIndex(of: "/") else {
            return "/" + rest[(rest.firstIndex(of: "?") ?? rest.endIndex)...]
        }
        return String(rest[slash...])
    }

    private static func isOwnTarget(_ uri: String, host: String?, method: HTTPMethod) -> Bool {
        if uri.utf8.first == UInt8(ascii: "/") { return true }
        if uri == "*" { return method == .OPTIONS }
        guard let rest = afterScheme(uri), let host else { return false }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        return authority.lowercased() == host.lowercased()
    }

    private static func afterScheme(_ uri: String) -> Substring? {
        for scheme in ["http://", "https://"] where uri.lowercased().hasPrefix(scheme) {
            return uri.dropFirst(scheme.count)
        }
        return nil
    }
}

/// Gathered from the headers in one pass.
private struct Notes {
    var host: String?
    var hosts = 0
    var codings = 0
    var unknownExpectation = false
    var broken = false

    mutating func take(_ name: String, _ value: String, _ facts: inout HeadFacts) {
        switch name.utf8.count {
        case 4 where name.isHeader("host"):
            host = value
            hosts += 1
        case 6 where name.isHeader("expect"):
            if value.isHeader("100-continue") { facts.expectsContinue = true } else { unknownExpectation = true }
        case 7 where name.isHeader("upgrade"):
            facts.asksUpgrade = true
        case 14 where name.isHeader("content-length"):
            takeLength(value, &facts)
        case 17 where name.isHeader("transfer-encoding"):
            codings += 1
            if value.isHeader("chunked") { facts.isChunked = true } else { broken = true }
        default: break
        }
        if value.utf8.contains(where: { $0 == 13 || $0 == 10 || $0 == 0 }) { broken = true }
    }

    private mutating func takeLength(_ value: String, _ facts: inout HeadFacts) {
        guard facts.contentLength == nil, !value.isEmpty, value.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }),
            let length = Int(value)
        else {
            broken = true
            return
        }
        facts.contentLength = length
    }

    /// RFC 9112 §3.2. HTTP/1.0 knew no Host, so it may be absent there.
    func hostRefusal(isOld: Bool) -> DoorRefusal? {
        if hosts == 0 { return isOld ? nil : .hostInvalid }
        guard hosts == 1, let host, !host.isEmpty, host.utf8.allSatisfy(Notes.mayBeInHost) else { return .hostInvalid }
        return nil
    }

    /// Letters, digits, and what names, IPv4 and bracketed IPv6 literals and ports are made of.
    private static func mayBeInHost(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "["),
            UInt8(ascii: "]"), UInt8(ascii: "%"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

extension String {
    /// ASCII comparison without regard to case; `other` must be lower case.
    func isHeader(_ other: StaticString) -> Bool {
        var mine = utf8.makeIterator()
        return other.withUTF8Buffer { theirs in
            guard theirs.count == utf8.count else { return false }
            for byte in theirs {
                guard let next = mine.next() else { return false }
                let lower = next >= 65 && next <= 90 ? next | 0x20 : next
                if lower != byte { return false }
            }
            return true
        }
    }
}
