package import Vocabulary

/// How the tenants whose keys fit a pattern come to be.
package struct SchemaRule: Sendable, Equatable {
    package enum Creation: String, Sendable, Equatable, CaseIterable {
        /// By a call to the control plane only.
        case explicit
        /// Also by the first writing request of a caller that may create.
        case onFirstUse = "on-first-use"
    }

    package var name: String
    /// `nil` for the rule named `default`, which takes what no other rule matches.
    package var match: KeyPattern?
    package var create: Creation
    /// File of SQL that a new tenant starts with; `nil`: an empty database.
    package var template: String?
    package var place = PlaceRule()
    /// Where it was given; equal rules may come from different places.
    package var templateOrigin = SettingOrigin.builtIn

    package static let standard = SchemaRule(name: "default", match: nil, create: .explicit, template: nil)

    package init(name: String, match: KeyPattern?, create: Creation, template: String?) {
        self.name = name
        self.match = match
        self.create = create
        self.template = template
    }

    package static func == (a: SchemaRule, b: SchemaRule) -> Bool {
        a.name == b.name && a.match == b.match && a.create == b.create && a.template == b.template && a.place == b.place
    }
}

extension [SchemaRule] {
    /// The first rule whose pattern fits, else the one named `default`.
    package func rule(for key: TenantKey) -> SchemaRule {
        first { $0.match?.matches(key) ?? false } ?? first { $0.name == "default" } ?? .standard
    }
}

/// A tenant key in which `*` stands for any run of characters, the empty one included.
package struct KeyPattern: Sendable, Equatable, CustomStringConvertible {
    package let description: String

    /// 1–128 bytes without control characters.
    package init?(_ text: String) {
        guard (1...TenantKey.maximumBytes).contains(text.utf8.count),
            !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { return nil }
        description = text
    }

    /// Byte for byte, in time linear in pattern × key at worst.
    package func matches(_ key: TenantKey) -> Bool {
        let pattern = Array(description.utf8)
        let text = Array(key.string.utf8)
        let star = UInt8(ascii: "*")
        var p = 0
        var t = 0
        var retry: (p: Int, t: Int)?
        while t < text.count {
            if p < pattern.count, pattern[p] == star {
                retry = (p + 1, t)
                p += 1
            } else if p < pattern.count, pattern[p] == text[t] {
                p += 1
                t += 1
            } else if let (afterStar, from) = retry {
                retry = (afterStar, from + 1)
                p = afterStar
                t = from + 1
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == star }
    }
}
