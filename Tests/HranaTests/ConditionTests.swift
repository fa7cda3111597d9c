import Hrana
import Testing

@Suite struct ConditionTests {
    /// The condition as that of the third step of a batch.
    private func decode(_ text: String) -> (Condition?, HranaDecodingError?) {
        let body =
            #"{"batch":{"steps":[{"stmt":{"sql":""}},{"stmt":{"sql":""}},{"condition":\#(text),"stmt":{"sql":""}}]}}"#
        let result = Array(body.utf8).withUnsafeBytes { outcome($0, HranaDecoder(version: .three).cursor) }
        return (try? result.get().batch.steps[2].condition, result.failure)
    }

    @Test(
        arguments: [
            (#"{"type":"ok","step":0}"#, .ok(0)),
            (#"{"step":1,"type":"error"}"#, .error(1)),
            (#"{"type":"not","cond":{"type":"ok","step":1}}"#, .not(.ok(1))),
            (#"{"cond":{"step":1,"type":"ok"},"type":"not"}"#, .not(.ok(1))),
            (#"{"type":"and","conds":[]}"#, .and([])),
            (
                #"{"type":"or","conds":[{"type":"ok","step":0},{"type":"and","conds":[{"type":"is_autocommit"}]}]}"#,
                .or([.ok(0), .and([.isAutocommit])])
            ),
            (#"{"type":"is_autocommit"}"#, .isAutocommit),
            (#"{"type":"ok","step":0,"cond":null,"conds":null}"#, .ok(0)),
            (#"{"type":"not","step":null,"cond":{"type":"ok","step":0}}"#, .not(.ok(0))),
        ] as [(String, Condition)])
    func `each kind of condition`(text: String, expected: Condition) {
        #expect(decode(text).0 == expected)
    }

    static let start = 72

    @Test(
        arguments: [
            (#"{"type":"ok","step":2}"#, .message(.invalidStep, at: start + 20)),
            (#"{"type":"ok","step":-1}"#, .message(.invalidStep, at: start + 20)),
            (#"{"type":"ok","step":1.0}"#, .message(.invalidStep, at: start + 20)),
            (#"{"type":"error","step":99999999999999999999}"#, .message(.invalidStep, at: start + 23)),
            (#"{"type":"ok","step":"0"}"#, .message(.expected(.number), at: start + 20)),
            (#"{"type":"ok"}"#, .message(.missing(.step), at: start + 13)),
            (#"{"type":"not"}"#, .message(.missing(.cond), at: start + 14)),
            (#"{"type":"and"}"#, .message(.missing(.conds), at: start + 14)),
            (#"{"type":"or","conds":{}}"#, .message(.expected(.array), at: start + 21)),
            (#"{"type":"xor"}"#, .message(.unknownConditionType, at: start + 1)),
            (#"{"step":0}"#, .message(.missing(.type), at: start + 10)),
            (#"[]"#, .message(.expected(.object), at: start)),
        ] as [(String, HranaDecodingError)])
    func `conditions that are refused, and where`(text: String, expected: HranaDecodingError) {
        #expect(decode(text).1 == expected)
    }

    @Test func `conditions nest up to the limit and no further`() {
        func nested(_ levels: Int) -> String {
            String(repeating: #"{"cond":"#, count: levels) + #"{"type":"is_autocommit"}"#
                + String(repeating: #","type":"not"}"#, count: levels)
        }
        // Around the condition: the document, the batch, the steps, the step.
        #expect(decode(nested(123)).0 != nil)
        #expect(decode(nested(124)).1 == .limit(.depth, at: Self.start + 124 * 8))
    }

    @Test(
        arguments: [
            (.ok(0), true), (.ok(1), false), (.ok(2), false),
            (.error(0), false), (.error(1), true), (.error(2), false),
            (.not(.ok(2)), true), (.not(.error(2)), true),
            (.and([]), true), (.or([]), false),
            (.and([.ok(0), .error(1)]), true), (.and([.ok(0), .ok(1)]), false),
            (.or([.ok(1), .error(1)]), true), (.or([.ok(1), .ok(2)]), false),
            (.isAutocommit, false), (.not(.isAutocommit), true),
        ] as [(Condition, Bool)])
    func `what holds after an ok, a failed and a skipped step within a transaction`(
        condition: Condition, expected: Bool
    ) {
        #expect(condition.holds(after: [.ok, .error, .skipped], isAutocommit: false) == expected)
    }

    @Test func `the clients' transaction: commit if all went well, else roll back`() {
        let commit = Condition.ok(1)
        let rollback = Condition.not(.ok(2))
        #expect(commit.holds(after: [.ok, .ok], isAutocommit: false))
        #expect(!rollback.holds(after: [.ok, .ok, .ok], isAutocommit: true))
        #expect(!commit.holds(after: [.ok, .error], isAutocommit: false))
        #expect(rollback.holds(after: [.ok, .error, .skipped], isAutocommit: false))
        #expect(rollback.holds(after: [.ok, .ok, .error], isAutocommit: false))
    }
}
