import Yams

/// How values of one kind are read from YAML and written back. Reading logs every mistake it finds and gives `nil`
/// after the first; writing gives one line that reads back as the same value, or `nil` for an unset one.
struct SettingForm<Value: Sendable>: Sendable {
    /// The kind in one word or two: `size`, `duration`, `list of origins`.
    let kind: String
    /// A noun phrase with its bounds: `a size from 1KiB to 1GiB`.
    let expected: String
    /// The units that the value is written with; `nil`: it has none.
    var units: String?
    let read: @Sendable (Node, SettingPlace, inout MistakeLog) -> Value?
    let write: @Sendable (Value) -> String?
}

extension SettingForm {
    /// A form of a single scalar: `parse` gives `nil` for what is not of its kind.
    static func scalar(
        _ kind: String, expected: String, units: String? = nil, parse: @escaping @Sendable (String) -> Value?,
        print: @escaping @Sendable (Value) -> String
    ) -> SettingForm {
        SettingForm(
            kind: kind, expected: expected, units: units,
            read: { node, place, log in
                guard let text = node.plainText, let value = parse(text) else {
                    let known = units.map { " (units: \($0))" } ?? ""
                    log.add(place.at(node.line), "found \(node.shown), expected \(expected)\(known)")
                    return nil
                }
                return value
            },
            write: { YAMLText.scalar(print($0)) })
    }

    /// A form that may be left out; YAML's null unsets it.
    static func optional<Wrapped>(_ form: SettingForm<Wrapped>) -> SettingForm where Value == Wrapped? {
        SettingForm(
            kind: form.kind, expected: form.expected, units: form.units,
            read: { node, place, log in
                if node.isNull { return .some(nil) }
                return form.read(node, place, &log).map { .some($0) }
            },
            write: { $0.flatMap(form.write) })
    }

    /// A YAML list; a single scalar is a list of one, so that an environment variable need not be YAML.
    static func list<Element>(_ form: SettingForm<Element>, of plural: String, expected: String) -> SettingForm
    where Value == [Element] {
        SettingForm(
            kind: "list of \(plural)", expected: expected,
            read: { node, place, log in
                let items = node.listItems
                let before = log.mistakes.count
                let values = items.enumerated().compactMap { index, item in
                    form.read(item, place.item(index, line: item.line), &log)
                }
                return log.mistakes.count == before ? values : nil
            },
            write: { "[" + $0.compactMap(form.write).joined(separator: ", ") + "]" })
    }
}
