/// What is wrong with an email.
package enum EmailFault: Error, Equatable, Sendable, CustomStringConvertible {
    case tooLong
    /// None, or more than one outside quotes.
    case at
    case emptyLocalPart
    /// Quotes that do not close, or something beside them.
    case quotes
    /// Controls, marks that change the direction, spaces, and what nobody sees or knows yet.
    case character
    case domain

    package var description: String {
        switch self {
        case .tooLong: "an email has at most \(EmailAddress.maximumBytes) bytes"
        case .at: "an email has one @, outside of quotes"
        case .emptyLocalPart: "an email has something before its @"
        case .quotes: "what is before the @ is quoted as a whole or not at all"
        case .character: "an email has no spaces, controls, or characters that cannot be seen"
        case .domain: "what is after the @ must be a domain name of at least two labels"
        }
    }
}
