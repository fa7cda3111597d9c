/// What the shell asks with: `acme> `, in a transaction `acme*> `; where a statement goes on `acme-> `, and in a quote or comment the
/// sign that would end it.
package enum ShellPrompt {
    /// Columns that a key takes at most.
    private static let widest = 24

    package static func text(key: String, context: StatementSplitter.Context, inTransaction: Bool) -> String {
        let name = TerminalText.cut(TerminalText.visible(key), to: widest)
        let sign =
            switch context {
            case .between: ""
            case .statement: "-"
            case .quote(let character): String(character)
            case .comment: "/"
            case .trigger: ";"
            }
        return "\(name)\(inTransaction ? "*" : "")\(sign)> "
    }
}
