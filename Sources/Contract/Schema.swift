/// What a value of the API looks like: the part of JSON Schema 2020-12 (which OpenAPI 3.1 uses) that the API needs.
package indirect enum Schema: Hashable, Sendable {
    case any
    case boolean
    case integer(ClosedRange<Int64>? = nil)
    case number
    /// Lengths in characters.
    case string(length: ClosedRange<Int>? = nil, pattern: String? = nil, format: String? = nil)
    case choice([String])
    case list(Schema, most: Int? = nil)
    /// Members of any name.
    case map(Schema)
    case object([Property], isStrict: Bool = false)
    case oneOf([Schema])
    case orNull(Schema)
    /// One of the document's named schemas.
    case named(String)

    package struct Property: Hashable, Sendable {
        package let name: String
        package let schema: Schema
        package let isRequired: Bool
        package let summary: String

        package init(_ name: String, _ schema: Schema, _ summary: String = "", isRequired: Bool = true) {
            self.name = name
            self.schema = schema
            self.summary = summary
            self.isRequired = isRequired
        }

        package static func optional(_ name: String, _ schema: Schema, _ summary: String = "") -> Property {
            Property(name, schema, summary, isRequired: false)
        }
    }

    package static let text = Schema.string()
    package static let time = Schema.string(format: "date-time")

    /// The members' names, in order; none for what is no object.
    package var propertyNames: [String] {
        guard case .object(let properties, _) = self else { return [] }
        return properties.map(\.name)
    }
}

extension Schema {
    var json: JSONValue {
        switch self {
        case .any: [:]
        case .boolean: ["type": "boolean"]
        case .number: ["type": "number"]
        case .integer(let range): Self.integer(range)
        case .string(let length, let pattern, let format): Self.string(length, pattern, format)
        case .choice(let values): ["type": "string", "enum": .array(values.map(JSONValue.string))]
        case .list(let item, let most):
            JSONValue(["type": "array", "items": item.json], "maxItems", most.map { .int(Int64($0)) })
        case .map(let value): ["type": "object", "additionalProperties": value.json]
        case .object(let properties, let isStrict): Self.object(properties, isStrict)
        case .oneOf(let schemas): ["oneOf": .array(schemas.map(\.json))]
        case .orNull(let schema): ["anyOf": [schema.json, ["type": "null"]]]
        case .named(let name): ["$ref": .string("#/components/schemas/\(name)")]
        }
    }

    private static func integer(_ range: ClosedRange<Int64>?) -> JSONValue {
        guard let range else { return ["type": "integer"] }
        return ["type": "integer", "minimum": .int(range.lowerBound), "maximum": .int(range.upperBound)]
    }

    private static func string(_ length: ClosedRange<Int>?, _ pattern: String?, _ format: String?) -> JSONValue {
        var members: JSONValue = ["type": "string"]
        if let length {
            members = members.adding([
                "minLength": .int(Int64(length.lowerBound)), "maxLength": .int(Int64(length.upperBound)),
            ])
        }
        if let pattern { members = members.adding(["pattern": .string(pattern)]) }
        if let format { members = members.adding(["format": .string(format)]) }
        return members
    }

    private static func object(_ properties: [Property], _ isStrict: Bool) -> JSONValue {
        var members: [String: JSONValue] = [:]
        for property in properties {
            let summary = property.summary.isEmpty ? [:] : ["description": JSONValue.string(property.summary)]
            members[property.name] = property.schema.json.adding(summary)
        }
        var result: JSONValue = ["type": "object", "properties": .object(members)]
        let required = properties.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { result = result.adding(["required": .array(required)]) }
        return isStrict ? result.adding(["additionalProperties": false]) : result
    }
}

extension JSONValue {
    /// An object with one more member where there is a value for it.
    fileprivate init(_ object: JSONValue, _ name: String, _ value: JSONValue?) {
        self = value.map { object.adding([name: $0]) } ?? object
    }
}
