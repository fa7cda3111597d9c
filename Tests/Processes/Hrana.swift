import Foundation

/// Hrana requests as text, for tests that look at the wire.
package enum HranaText {
    package static func value(_ value: Any?) -> [String: Any] {
        switch value {
        case nil: ["type": "null"]
        case let number as Int: ["type": "integer", "value": String(number)]
        case let number as Double: ["type": "float", "value": number]
        case let bytes as [UInt8]: ["type": "blob", "base64": Data(bytes).base64EncodedString()]
        default: ["type": "text", "value": "\(value!)"]
        }
    }

    package static func execute(_ sql: String, _ args: [Any?] = []) -> [String: Any] {
        ["type": "execute", "stmt": ["sql": sql, "args": args.map(value)]]
    }

    package static func pipeline(_ requests: [[String: Any]], baton: String? = nil, close: Bool = true) -> String {
        var body: [String: Any] = ["requests": requests + (close ? [["type": "close"]] : [])]
        body["baton"] = baton ?? NSNull()
        return String(decoding: try! JSONSerialization.data(withJSONObject: body), as: UTF8.self)
    }
}

extension Wire.Answer {
    /// The first result's rows, each value as text; nil where it was an error.
    package func rows(_ index: Int = 0) -> [[String?]]? {
        guard let results = object["results"] as? [[String: Any]], index < results.count,
            let response = results[index]["response"] as? [String: Any],
            let result = response["result"] as? [String: Any],
            let rows = result["rows"] as? [[[String: Any]]]
        else { return nil }
        return rows.map { row in
            row.map { cell in cell["type"] as? String == "null" ? nil : "\(cell["value"] ?? cell["base64"] ?? "")" }
        }
    }

    package func errorCode(_ index: Int = 0) -> String? {
        guard let results = object["results"] as? [[String: Any]], index < results.count,
            let error = results[index]["error"] as? [String: Any]
        else { return nil }
        return error["code"] as? String
    }
}
