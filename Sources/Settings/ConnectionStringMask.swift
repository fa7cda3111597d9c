/// A connection string of libpq's without what is secret in it. Read as libpq reads it; what it would not read is left out.
///
/// Source: PostgreSQL's documentation, "Connection Strings": keywords and values with single quotes and backslashes, or URIs.
struct ConnectionStringMask {
    private let hidden: String

    init(hidden: String) { self.hidden = hidden }

    func masked(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://") else { return maskedPairs(Array(text)) }
        return maskedURI(String(text[..<scheme.upperBound]), String(text[scheme.upperBound...]))
    }

    private func isSecret(_ keyword: String) -> Bool {
        let name = keyword.lowercased()
        return name.hasSuffix("password") || name.contains("secret") || name.hasPrefix("scram_")
    }

    // MARK: keyword=value

    private func maskedPairs(_ text: [Character]) -> String {
        var (pairs, next): ([String], Int) = ([], 0)
        while true {
            next = skipBlanks(text, next)
            guard next < text.count else { return pairs.joined(separator: " ") }
            guard let equals = text[next...].firstIndex(of: "=") else { break }
            let keyword = String(text[next..<equals]).trimmed
            let start = skipBlanks(text, equals + 1)
            guard keyword.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }), let end = end(ofValue: text, start)
            else { break }
            pairs.append("\(keyword)=\(isSecret(keyword) ? hidden : String(text[start..<end]))")
            next = end
        }
        // The rest may be anything, a password with a blank among it.
        return (pairs + ["…"]).joined(separator: " ")
    }

    private func skipBlanks(_ text: [Character], _ start: Int) -> Int {
        text[start...].firstIndex { !$0.isWhitespace } ?? text.count
    }

    /// - Returns: nil where a quote is not closed.
    private func end(ofValue text: [Character], _ start: Int) -> Int? {
        guard start < text.count else { return start }
        let isQuoted = text[start] == "'"
        var next = isQuoted ? start + 1 : start
        while next < text.count {
            if text[next] == "\\" {
                next += 2
                continue
            }
            if isQuoted, text[next] == "'" { return next + 1 }
            if !isQuoted, text[next].isWhitespace { return next }
            next += 1
        }
        return isQuoted ? nil : text.count
    }

    // MARK: URIs

    private func maskedURI(_ scheme: String, _ rest: String) -> String {
        let question = rest.lastIndex(of: "@").map { rest[$0...] }?.firstIndex(of: "?") ?? rest.firstIndex(of: "?")
        let place = rest[..<(question ?? rest.endIndex)]
        guard let question else { return scheme + maskedPlace(String(place)) }
        let pairs = rest[rest.index(after: question)...].split(separator: "&", omittingEmptySubsequences: false).map {
            pair -> String in
            let keyword = pair.prefix { $0 != "=" }
            return isSecret(String(keyword)) || keyword.contains("%") ? "\(keyword)=\(hidden)" : String(pair)
        }
        return scheme + maskedPlace(String(place)) + "?" + pairs.joined(separator: "&")
    }

    /// Up to the last @, whatever stands between: a password may have one that was not written as it should be.
    private func maskedPlace(_ place: String) -> String {
        guard let at = place.lastIndex(of: "@"), let colon = place.firstIndex(of: ":"), colon < at else { return place }
        return place[...colon] + hidden + place[at...]
    }
}

extension String {
    fileprivate var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
