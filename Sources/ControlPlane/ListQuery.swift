import Hummingbird

/// What a request says behind its path. Strict: what cannot be read, or comes twice, is refused rather than guessed at.
struct ListQuery {
    private var values: [String: String] = [:]

    /// - Parameter known: the names that the call understands.
    /// - Throws: `APIError` bad_request.
    init(_ request: Request, of known: Set<String>) throws(APIError) {
        for part in (request.uri.query ?? "").split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentText.unescape(pair[0]),
                let value = PercentText.unescape(pair.count == 2 ? pair[1] : ""),
                values.updateValue(value, forKey: name) == nil
            else { throw APIError.badRequest("the query is name=value, percent-encoded UTF-8, each name once") }
            guard known.contains(name) else {
                let names = known.sorted().joined(separator: ", ")
                throw APIError.badRequest("unknown parameter \"\(name)\"; known are \(names)")
            }
        }
    }

    subscript(_ name: String) -> String? { values[name] }

    /// Items of a page; 100 where the query does not say.
    ///
    /// - Throws: `APIError` bad_request.
    func limit() throws(APIError) -> Int {
        guard let text = values["limit"] else { return 100 }
        guard let limit = Int(text), (1...1000).contains(limit) else {
            throw APIError.badRequest("limit is between 1 and 1000")
        }
        return limit
    }

    /// False where the query does not say.
    ///
    /// - Throws: `APIError` bad_request.
    func flag(_ name: String) throws(APIError) -> Bool {
        switch values[name] {
        case nil, "false": false
        case "true": true
        default: throw APIError.badRequest("\(name) is true or false")
        }
    }
}
