import FoundationEssentials

/// Any JSON value but null, as flags have them. Whole numbers stay whole.
enum PlainJSON: Codable, Sendable {
    case bool(Bool)
    case int(Int64)
    case number(Double)
    case string(String)
    case list([PlainJSON?])
    case object([String: PlainJSON?])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([PlainJSON?].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: PlainJSON?].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    /// Members sorted: the same value is the same text.
    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    init(text: String) throws { self = try JSONDecoder().decode(PlainJSON.self, from: Data(text.utf8)) }
}
