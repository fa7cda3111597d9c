import DataPlane
import Foundation
import Hrana
import Vocabulary

/// An answer as a client sees it.
struct Reply: Sendable {
    var status: Int
    var contentType: String
    var body: String
    var bookmark: Bookmark?

    init(_ answer: HranaAnswer, _ body: String) {
        status = answer.status
        contentType = answer.contentType
        bookmark = answer.bookmark
        self.body = body
    }

    init(_ error: any Error) {
        guard let error = error as? TransportError else { fatalError("\(error)") }
        status = error.status
        contentType = error.contentType
        body = "\(error.code): \(error.message)"
    }

    var json: JSON { JSON(body) }
    var baton: String? { json["baton"].string }
    func result(_ index: Int = 0) -> JSON { json["results"][index]["response"]["result"] }
    func code(_ index: Int = 0) -> String? { json["results"][index]["error"]["code"].string }
    func message(_ index: Int = 0) -> String? { json["results"][index]["error"]["message"].string }
    /// Of the first row of the first result.
    var value: String? { result()["rows"][0][0]["value"].string }
}

/// JSON for looking into.
struct JSON: CustomStringConvertible, @unchecked Sendable {
    // @unchecked: what JSONSerialization made is never changed.
    private let value: Any?

    init(_ text: String) {
        value = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
    }

    private init(any: Any?) { value = any }

    subscript(_ key: String) -> JSON { JSON(any: (value as? [String: Any])?[key]) }
    subscript(_ index: Int) -> JSON {
        guard let array = value as? [Any], array.indices.contains(index) else { return JSON(any: nil) }
        return JSON(any: array[index])
    }

    /// Not there, or not JSON at all.
    var isAbsent: Bool { value == nil }
    var isNull: Bool { value is NSNull }
    var string: String? { value as? String }
    var int: Int? { (value as? NSNumber)?.intValue }
    var double: Double? { (value as? NSNumber)?.doubleValue }
    var bool: Bool? { value as? Bool }
    var count: Int { (value as? [Any])?.count ?? -1 }
    var array: [JSON] { (value as? [Any] ?? []).map { JSON(any: $0) } }
    var description: String { value.map { "\($0)" } ?? "absent" }
}
