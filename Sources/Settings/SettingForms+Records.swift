import Vocabulary
import Yams

/// Reads the fields of one record: logs those that it does not know, those that are missing, and their own mistakes.
private struct RecordReader {
    let entries: [NodeEntry]
    private let place: SettingPlace

    init?(_ node: Node, _ place: SettingPlace, fields: [String], _ log: inout MistakeLog) {
        let expected = "a map with " + fields.joined(separator: ", ")
        guard let entries = node.entries(place, &log) else {
            log.add(place.at(node.line), "found \(node.shown), expected \(expected)")
            return nil
        }
        self.entries = entries
        self.place = place.at(node.line)
        for entry in entries where !fields.contains(entry.name) {
            let near = Suggestion.nearest(to: entry.name, in: fields).map { "; did you mean \($0)?" } ?? ""
            log.add(place.child(entry.name, line: entry.line), "unknown key\(near)")
        }
    }

    /// A field's place: its own line, or the record's where it is missing.
    func place(_ name: String) -> SettingPlace {
        place.child(name, line: entries.first { $0.name == name }?.line)
    }

    func required<Value>(_ name: String, _ form: SettingForm<Value>, _ log: inout MistakeLog) -> Value? {
        guard let entry = entries.first(where: { $0.name == name }) else {
            log.add(place(name), "missing; expected \(form.expected)")
            return nil
        }
        return form.read(entry.value, place(name), &log)
    }

    func optional<Value>(_ name: String, _ form: SettingForm<Value>, _ log: inout MistakeLog) -> Value? {
        entries.first { $0.name == name && !$0.value.isNull }
            .flatMap { form.read($0.value, place(name), &log) }
    }
}

extension SettingForm {
    /// One of an enum's raw values.
    static func choice(_ kind: String) -> SettingForm
    where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
        scalar(
            kind, expected: Value.allCases.map(\.rawValue).joined(separator: " or "),
            parse: { Value(rawValue: $0) }, print: { $0.rawValue })
    }
}

extension SettingForm where Value == AdminTokenSetting {
    static var adminToken: SettingForm {
        SettingForm(
            kind: "admin token", expected: "{name, sha256, scopes} as `rowhouse access token` prints it",
            read: { node, place, log in
                guard let record = RecordReader(node, place, fields: ["name", "sha256", "scopes"], &log)
                else { return nil }
                let name = record.required("name", .name("a name of \(AdminTokenSetting.nameRule)"), &log)
                let sha256 = record.required("sha256", .sha256, &log)
                let scopes = record.required(
                    "scopes",
                    SettingForm<[AdminTokenSetting.Scope]>.list(
                        .choice("scope"), of: "scopes", expected: "a list of admin, operator, read"), &log)
                if scopes?.isEmpty == true {
                    log.add(record.place("scopes"), "empty; a token without a scope may do nothing")
                }
                guard let name, let sha256, let scopes, !scopes.isEmpty else { return nil }
                return AdminTokenSetting(name: name, sha256: sha256, scopes: scopes)
            },
            write: { token in
                let scopes = token.scopes.map(\.rawValue).joined(separator: ", ")
                return "{name: \(YAMLText.scalar(token.name)), sha256: \"\(token.sha256)\", scopes: [\(scopes)]}"
            })
    }
}

extension SettingForm where Value == String {
    static var sha256: SettingForm {
        scalar(
            "hash", expected: "64 hexadecimal digits",
            parse: { text in
                let isHash = text.utf8.count == 64 && text.allSatisfy { $0.isASCII && $0.isHexDigit }
                return isHash ? text.lowercased() : nil
            },
            print: { $0 })
    }
}

extension SettingForm where Value == [SchemaRule] {
    static var schemas: SettingForm {
        let expected =
            "a map of names to {match, create, template, zones, node-labels, forbid}, such as {default: {create: explicit}}"
        return SettingForm(
            kind: "schemas", expected: expected,
            read: { node, place, log in
                guard let entries = node.entries(place, &log) else {
                    log.add(place.at(node.line), "found \(node.shown), expected \(expected)")
                    return nil
                }
                let before = log.mistakes.count
                var rules = entries.compactMap { entry in
                    SchemaRule.read(entry, place.child(entry.name, line: entry.line), &log)
                }
                if !entries.contains(where: { $0.name == "default" }) { rules.append(.standard) }
                return log.mistakes.count == before ? rules : nil
            },
            write: { "{" + $0.map(\.yaml).joined(separator: ", ") + "}" })
    }
}

extension SchemaRule {
    fileprivate static func read(_ entry: NodeEntry, _ place: SettingPlace, _ log: inout MistakeLog) -> SchemaRule? {
        if !String.isLabelName(entry.name) { log.add(place, "a schema's name is \(String.labelNameRule)") }
        guard
            let record = RecordReader(
                entry.value, place, fields: ["match", "create", "template", "zones", "node-labels", "forbid"], &log)
        else { return nil }
        let match = record.optional("match", .keyPattern, &log)
        let create = record.optional("create", SettingForm<SchemaRule.Creation>.choice("choice"), &log)
        let template = record.optional("template", .path, &log)
        if entry.name == "default", match != nil {
            log.add(record.place("match"), "the schema named default takes every other key; remove match")
        }
        if entry.name != "default", !record.entries.contains(where: { $0.name == "match" }) {
            log.add(record.place("match"), "missing; expected a pattern of keys such as \"dm:*\"")
        }
        var rule = SchemaRule(name: entry.name, match: match, create: create ?? .explicit, template: template)
        rule.place = PlaceRule(record, &log)
        rule.templateOrigin = record.place("template").origin
        return rule
    }

    fileprivate var yaml: String {
        var fields = ["create: \(create.rawValue)"]
        if let match { fields.insert("match: \(YAMLText.scalar(match.description))", at: 0) }
        if let template { fields.append("template: \(YAMLText.scalar(template))") }
        fields += place.yaml
        return "\(YAMLText.scalar(name)): {\(fields.joined(separator: ", "))}"
    }
}

extension PlaceRule {
    fileprivate init(_ record: RecordReader, _ log: inout MistakeLog) {
        let zone = SettingForm<String>.name("a zone's name")
        let zones = SettingForm<[String]>.list(zone, of: "zones", expected: "a list of zones such as [eu-1a]")
        let nodes = SettingForm<[NodeID]>.list(.nodeID, of: "nodes", expected: "a list of nodes such as [n3]")
        self.init()
        self.zones = record.optional("zones", zones, &log) ?? []
        labels = record.optional("node-labels", SettingForm<[String: String]>.labels, &log) ?? [:]
        forbid = record.optional("forbid", nodes, &log) ?? []
    }

    fileprivate var yaml: [String] {
        var fields: [String] = []
        if !zones.isEmpty { fields.append("zones: [\(zones.map(YAMLText.scalar).joined(separator: ", "))]") }
        let pairs = labels.sorted { $0.key < $1.key }.map { "\(YAMLText.scalar($0.key)): \(YAMLText.scalar($0.value))" }
        if !pairs.isEmpty { fields.append("node-labels: {\(pairs.joined(separator: ", "))}") }
        if !forbid.isEmpty { fields.append("forbid: [\(forbid.map(\.name).joined(separator: ", "))]") }
        return fields
    }
}

extension SettingForm where Value == KeyPattern {
    static var keyPattern: SettingForm {
        scalar(
            "pattern", expected: "a tenant key of 1 to 128 bytes in which * stands for anything, such as \"dm:*\"",
            parse: { KeyPattern($0) }, print: { $0.description })
    }
}
