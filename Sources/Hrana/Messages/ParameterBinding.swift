/// Which argument each parameter of a prepared statement takes.
package enum ParameterBinding: Hashable, Sendable {
    /// Parameter `i` (SQLite counts from 1) takes `arguments[i - 1]`, for `i` in `1...count`; any further one stays null.
    case positional(count: Int)
    /// Parameter `i` takes `namedArguments[indexes[i - 1]]`, or stays null where that is nil.
    case named(indexes: [Int?])

    /// Decides the binding.
    ///
    /// `?` and `?NNN` take a positional argument by number. `:name`, `@name` and `$name` take the named argument of
    /// exactly that name, else the one of the name without its sign. Every parameter must get a value, and there must not
    /// be more arguments than parameters. Only EXPLAIN may leave parameters without a value. Of two named arguments with
    /// the same name the later counts.
    ///
    /// - Parameters:
    ///   - parameterCount: the largest parameter index, as `sqlite3_bind_parameter_count` says.
    ///   - nameOf: the name with its sign of the parameter at an index from 1, as `sqlite3_bind_parameter_name` says;
    ///     nil for a bare `?` and for an index that the statement does not use.
    /// - Throws: an error with code `ARGS_INVALID` or `ARGS_BOTH_POSITIONAL_AND_NAMED`.
    package static func resolve(
        parameterCount: Int, arguments: [Value], namedArguments: [NamedArgument], isExplain: Bool,
        nameOf: (Int) -> String?
    ) throws(HranaError) -> ParameterBinding {
        if namedArguments.isEmpty {
            return try positional(parameterCount, arguments.count, isExplain, nameOf)
        }
        guard arguments.isEmpty else {
            throw HranaError(
                "A statement takes either positional or named arguments, not both",
                code: HranaErrorCode.argumentsBothKinds)
        }
        return try named(parameterCount, namedArguments, isExplain, nameOf)
    }

    private static func positional(
        _ parameterCount: Int, _ argumentCount: Int, _ isExplain: Bool, _ nameOf: (Int) -> String?
    ) throws(HranaError) -> ParameterBinding {
        try check(argumentCount: argumentCount, parameterCount: parameterCount)
        guard parameterCount > 0 else { return .positional(count: 0) }
        for index in 1...parameterCount {
            let name = nameOf(index)
            if index <= argumentCount, takesPosition(name) { continue }
            guard isExplain else { throw missing(name, index) }
            return .positional(count: min(index - 1, argumentCount))
        }
        return .positional(count: argumentCount)
    }

    private static func named(
        _ parameterCount: Int, _ arguments: [NamedArgument], _ isExplain: Bool, _ nameOf: (Int) -> String?
    ) throws(HranaError) -> ParameterBinding {
        let byName = NamedArgumentIndex(arguments)
        try check(argumentCount: byName.count, parameterCount: parameterCount)
        var indexes: [Int?] = []
        indexes.reserveCapacity(parameterCount)
        for index in 0..<parameterCount {
            let name = nameOf(index + 1)
            let argument = takesPosition(name) ? nil : name.flatMap { find($0, in: byName) }
            guard argument != nil || isExplain else { throw missing(name, index + 1) }
            indexes.append(argument)
        }
        return .named(indexes: indexes)
    }

    private static func find(_ name: String, in arguments: NamedArgumentIndex) -> Int? {
        arguments.find(name[...].utf8) ?? arguments.find(name.utf8.dropFirst())
    }

    private static func takesPosition(_ name: String?) -> Bool {
        name.map { $0.utf8.first == UInt8(ascii: "?") } ?? true
    }

    private static func check(argumentCount: Int, parameterCount: Int) throws(HranaError) {
        guard argumentCount > parameterCount else { return }
        throw HranaError(
            "Too many arguments: the statement has \(parameterCount) parameters, the request has \(argumentCount)",
            code: HranaErrorCode.argumentsInvalid)
    }

    private static func missing(_ name: String?, _ index: Int) -> HranaError {
        HranaError("Parameter \(name ?? String(index)) has no value", code: HranaErrorCode.argumentsInvalid)
    }
}
