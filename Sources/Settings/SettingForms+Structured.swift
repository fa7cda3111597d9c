import Vocabulary
import Yams

extension SettingForm where Value == NodeID {
    static var nodeID: SettingForm {
        scalar(
            "node name", expected: "1 to 32 of a-z, 0-9 and -, beginning with a letter", parse: { NodeID($0) },
            print: { $0.name })
    }
}

extension SettingForm where Value == DurabilitySetting {
    static var durability: SettingForm {
        let expected = "local"
        return SettingForm(
            kind: "durability class", expected: expected,
            read: { node, place, log in
                guard let text = node.plainText, let value = DurabilitySetting(rawValue: text) else {
                    let planned = ["replicated", "object", "relaxed"].contains(node.plainText)
                    let found = "found \(node.shown), expected local"
                    log.add(
                        place.at(node.line),
                        planned ? "\(found) (durability_unavailable: this class is not built yet)" : found)
                    return nil
                }
                return value
            },
            write: { $0.rawValue })
    }
}

extension SettingForm where Value == CatalogSetting {
    static var catalog: SettingForm {
        let expected = "embedded, or {remote: \"http://host:port\"}, or {postgres: \"host=… dbname=…\"}"
        return SettingForm(
            kind: "catalog", expected: expected,
            read: { node, place, log in
                if node.plainText == "embedded" { return .embedded }
                guard let entries = node.entries(place, &log), let entry = entries.first, entries.count == 1 else {
                    // It may be a connection string, with its password.
                    let found =
                        node.plainText.map { $0.contains("@") || $0.contains("=") } == true ? "text" : node.shown
                    log.add(place.at(node.line), "found \(found), expected \(expected)")
                    return nil
                }
                let inner = place.child(entry.name, line: entry.line)
                switch entry.name {
                case "remote":
                    return SettingForm<HTTPOrigin>.nodeAddress.read(entry.value, inner, &log).map { .remote($0) }
                case "postgres":
                    return SettingForm<PostgresAddress>.postgresAddress.read(entry.value, inner, &log)
                        .map { .postgres($0) }
                default:
                    log.add(inner, "unknown kind of catalog; expected \(expected)")
                }
                return nil
            },
            write: { catalog in
                switch catalog {
                case .embedded: "embedded"
                case .remote(let origin): "{remote: \(YAMLText.scalar(origin.description))}"
                case .postgres(let address): "{postgres: \(YAMLText.scalar(address.description))}"
                }
            })
    }
}

extension SettingForm where Value == [String: String] {
    static var labels: SettingForm {
        SettingForm(
            kind: "map", expected: "a map of names to short texts, such as {class: standard}",
            read: { node, place, log in
                if node.isNull { return [:] }
                guard let entries = node.entries(place, &log) else {
                    log.add(place.at(node.line), "found \(node.shown), expected a map such as {class: standard}")
                    return nil
                }
                let before = log.mistakes.count
                var labels: [String: String] = [:]
                for entry in entries {
                    let inner = place.child(entry.name, line: entry.line)
                    if !String.isLabelName(entry.name) { log.add(inner, "a label's name is \(String.labelNameRule)") }
                    labels[entry.name] = SettingForm<String>.text("text", expected: "a short text")
                        .read(entry.value, inner, &log)
                }
                return log.mistakes.count == before ? labels : nil
            },
            write: { labels in
                let pairs = labels.sorted { $0.key < $1.key }.map {
                    "\(YAMLText.scalar($0.key)): \(YAMLText.scalar($0.value))"
                }
                return "{" + pairs.joined(separator: ", ") + "}"
            })
    }
}

extension String {
    static let labelNameRule = "1 to 63 of a-z, A-Z, 0-9, '.', '_' and '-'"
    static func isLabelName(_ text: String) -> Bool { SettingForm<String>.isName(text) }
}
