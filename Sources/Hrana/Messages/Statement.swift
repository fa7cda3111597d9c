/// One SQL statement with its arguments.
package struct Statement: Hashable, Sendable {
    package var source: SQLSource
    /// Values for `?` and `?NNN`, in order.
    package var arguments: [Value]
    /// Values for `:name`, `@name` and `$name`.
    package var namedArguments: [NamedArgument]
    /// False when the client will not look at the rows. Clients rely on rows of RETURNING all the same, so a server may
    /// send them anyway.
    package var wantsRows: Bool

    package init(
        _ source: SQLSource, arguments: [Value] = [], namedArguments: [NamedArgument] = [], wantsRows: Bool = true
    ) {
        self.source = source
        self.arguments = arguments
        self.namedArguments = namedArguments
        self.wantsRows = wantsRows
    }
}

/// Where a statement's text is: in the request, or stored on the stream under an id by an earlier `store_sql`.
package enum SQLSource: Hashable, Sendable {
    case text(String)
    case stored(Int32)
}

/// A value for a named parameter. The name comes with or without its sign; `ParameterBinding` has the rule.
package struct NamedArgument: Hashable, Sendable {
    package var name: String
    package var value: Value

    package init(name: String, value: Value) {
        self.name = name
        self.value = value
    }
}
