/// What somebody did at the keyboard.
package enum Key: Sendable, Hashable {
    /// Characters that stand for themselves.
    case text(String)
    /// A text that was pasted as one; may have line ends.
    case paste(String)
    case enter, tab, backspace, delete, escape
    case left, right, up, down, home, end
    case wordLeft, wordRight, deleteWordLeft, deleteWordRight
    /// With the Control key: a small letter or a sign.
    case control(Character)
    /// A sequence that means nothing here.
    case unknown
}
