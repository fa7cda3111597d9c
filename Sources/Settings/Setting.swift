import Yams

/// One key of the configuration: its path, what it takes, what it means, and how it is read and written.
///
/// The list of them (``SettingsTable``) is the only description of the configuration that there is: the parser, the
/// environment, the printed sample and the explanations all come from it.
package struct Setting: Sendable {
    /// `limits.body-size`
    package let path: String
    /// `size`, `duration`, `list of origins`, …
    package let kind: String
    /// What values are accepted, as a noun phrase with its bounds.
    package let expected: String
    /// The units that the value is written with; `nil`: it has none.
    package let units: String?
    /// One sentence.
    package let help: String
    /// A value to show where the default is "not set".
    package let example: String?

    /// The member of `ServerSettings`, as code names it: `limits.bodySize`.
    package let member: String

    let read: @Sendable (Node, SettingPlace, inout MistakeLog, inout ServerSettings) -> Void
    /// One line of YAML; `nil` where the key is not set.
    let write: @Sendable (ServerSettings) -> String?
    /// Whether the value in the environment is YAML rather than bare text.
    let isStructured: Bool

    init<Value>(
        _ path: String, _ field: any WritableKeyPath<ServerSettings, Value> & Sendable, _ form: SettingForm<Value>,
        example: String? = nil, structured: Bool = false, _ help: String
    ) {
        self.path = path
        self.member = String("\(field)".drop { $0 != "." }.dropFirst())
        self.kind = form.kind
        self.expected = form.expected
        self.units = form.units
        self.help = help
        self.example = example
        self.isStructured = structured
        self.read = { node, place, log, settings in
            if let value = form.read(node, place, &log) { settings[keyPath: field] = value }
        }
        self.write = { form.write($0[keyPath: field]) }
    }

    /// `ROWHOUSE_LIMITS_BODY_SIZE`: the path in capitals, dots and dashes as underscores.
    package var environmentVariable: String {
        "ROWHOUSE_" + String(path.uppercased().map { $0 == "." || $0 == "-" ? "_" : $0 })
    }

    /// The default as one line of YAML; `nil`: not set.
    package var defaultText: String? { write(ServerSettings()) }

    /// The value in these settings as one line of YAML; `nil`: not set.
    package func text(in settings: ServerSettings) -> String? { write(settings) }
}
