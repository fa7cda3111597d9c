package import Catalog
import Foundation

/// An email in the form in which it was given, and in the one that must be unique.
///
/// The local part is folded as little as possible: NFC, lower case, NFC. Full case folding and NFKC merge letters that mail servers
/// tell apart (`ß` and `ss`, `ﬁ` and `fi`), and then a reset mail reaches somebody else. Dots and what follows a plus sign stay:
/// what they mean is each provider's. Two addresses that are one mailbox may thus be two users; never the other way round.
package struct EmailAddress: Hashable, Sendable {
    /// Of these rules with this program's Unicode tables; stored with each row, since the tables change.
    package static let rule = 1
    package static let maximumBytes = 254

    /// Without the white space around it: where mail goes.
    package let given: String
    package let normal: String

    package var forCatalog: CatalogEmail { CatalogEmail(given: given, normal: normal, rule: Self.rule) }

    /// - Throws: what is wrong with it.
    package init(_ text: String) throws(EmailFault) {
        // Before anything that costs more than looking at its length.
        guard text.utf8.count <= 4 * Self.maximumBytes else { throw .tooLong }
        let trimmed = Self.trim(text)
        guard trimmed.utf8.count <= Self.maximumBytes else { throw .tooLong }
        let at = try Self.at(in: trimmed)
        let local = trimmed[..<at]
        let scalars = trimmed.unicodeScalars
        let domain = String(scalars[scalars.index(after: at)...])
        // What is shown to people, whatever the name system makes of it.
        guard domain.unicodeScalars.allSatisfy(Self.mayStand) else { throw .domain }
        try Self.check(local: local)
        let folded = Self.fold(String(local))
        // Folding may bring forth what was not there.
        try Self.check(local: folded[...])
        given = trimmed
        normal = folded + "@" + (try EmailDomain.ascii(domain))
        guard normal.utf8.count <= Self.maximumBytes else { throw .tooLong }
    }

    private static func trim(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !isSpace($0) }),
            let last = scalars.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(scalars[first...last])
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || (0x09...0x0D).contains(scalar.value)
    }

    /// The `@` outside of quotes.
    private static func at(in text: String) throws(EmailFault) -> String.Index {
        var (isQuoted, isEscaped) = (false, false)
        var found: String.Index?
        let scalars = text.unicodeScalars
        for index in scalars.indices {
            if isEscaped {
                isEscaped = false
                continue
            }
            switch scalars[index] {
            case "\\" where isQuoted: isEscaped = true
            case "\"": isQuoted.toggle()
            case "@" where !isQuoted:
                guard found == nil else { throw .at }
                found = index
            default: break
            }
        }
        guard !isQuoted else { throw .quotes }
        guard let found else { throw .at }
        return found
    }

    private static func fold(_ text: String) -> String {
        text.precomposedStringWithCanonicalMapping.lowercased().precomposedStringWithCanonicalMapping
    }

    private static func check(local: Substring) throws(EmailFault) {
        let scalars = local.unicodeScalars
        guard let first = scalars.first, let last = scalars.last else { throw .emptyLocalPart }
        guard scalars.allSatisfy(mayStand) else { throw .character }
        // Within quotes nearly everything goes; without them what would have to be quoted does not.
        guard scalars.contains("\"") else {
            if scalars.contains(where: { "()<>[]:;,\\".unicodeScalars.contains($0) }) { throw .character }
            return
        }
        guard first == "\"", last == "\"", scalars.count > 2, closesAtEnd(scalars.dropFirst()) else { throw .quotes }
    }

    /// Whether the first quotation mark that is not escaped is the last character: of several quoted words a mailer may make several
    /// recipients.
    private static func closesAtEnd(_ scalars: Substring.UnicodeScalarView.SubSequence) -> Bool {
        var isEscaped = false
        for index in scalars.indices {
            if isEscaped {
                isEscaped = false
            } else if scalars[index] == "\\" {
                isEscaped = true
            } else if scalars[index] == "\"" {
                return scalars.index(after: index) == scalars.endIndex
            }
        }
        return false
    }

    private static func mayStand(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        if properties.isWhitespace || properties.isDefaultIgnorableCodePoint || properties.isBidiControl {
            return false
        }
        switch properties.generalCategory {
        case .control, .format, .unassigned, .privateUse, .surrogate, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return !properties.isNoncharacterCodePoint
        }
    }
}
