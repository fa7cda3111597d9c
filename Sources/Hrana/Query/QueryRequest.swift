/// The body of `POST query`: SQL for people and programs without a client library, in plain JSON.
///
/// Either `{"sql": …, "args": […] or {…}}`, or `{"statements": [{"sql", "args"}, …], "atomic": true}`. Arguments are JSON
/// values: null, numbers (with a fraction or an exponent: floats), strings, booleans (as 1 and 0), `{"base64": "…"}` for
/// a blob.
package struct QueryRequest: Hashable, Sendable {
    package var statements: [Statement]
    /// All statements or none; else each by itself, up to the first that fails.
    package var isAtomic: Bool
    /// Asked for with `sql`: its one result is the answer's body itself.
    package var isSingle: Bool

    package init(_ statements: [Statement], isAtomic: Bool = true, isSingle: Bool = false) {
        self.statements = statements
        self.isAtomic = isAtomic
        self.isSingle = isSingle
    }
}

extension HranaDecoder {
    /// The body of `POST query`. Unlike the protocol's messages it may have no members that are not known: a misspelt
    /// `args` would be a statement without arguments.
    package func query(_ bytes: UnsafeRawBufferPointer) throws(HranaDecodingError) -> QueryRequest {
        var decoder = MessageDecoder(bytes, self)
        decoder.json.skipSpace()
        let request = try decoder.query()
        try decoder.json.finish()
        return request
    }
}
