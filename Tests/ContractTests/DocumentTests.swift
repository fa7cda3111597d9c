import Foundation
import Testing

@testable import Contract

struct DocumentTests {
    private static let thing = Schema.object([.init("id", .text), .optional("size", .integer(0...9))], isStrict: true)

    private static let show = Operation(
        "showThing", "GET", "/things/{id}", tag: "Things", "Shows one", caller: .scope("read"),
        parameters: [
            .init(.path, "id", .string(length: 1...8), "Its id."), .init(.query, "deep", .boolean, "All of it."),
        ],
        answers: [.init(200, "The thing.", .json(.named("Thing")), headers: ["ETag"])], failures: [.notFound])

    private static let add = Operation(
        "addThing", "POST", "/things", tag: "Things", "Adds one", caller: .anybody, body: [.json(.named("Thing"))],
        answers: [.init(201, "Added.")], failures: [.keyInvalid], errorForm: .protocolOfClients)

    private static let document = Document(
        title: "T", version: "1", text: "", operations: [show, add], schemas: ["Thing": thing])

    private func value(_ path: String...) throws -> Any? {
        var found: Any? = try JSONSerialization.jsonObject(with: Self.document.encoded())
        for name in path { found = (found as? [String: Any])?[name] }
        return found
    }

    @Test func `a call says its parameters, its answers and how it fails`() throws {
        let operation = try value("paths", "/things/{id}", "get") as? [String: Any]
        #expect(operation?["operationId"] as? String == "showThing")
        let parameters = operation?["parameters"] as? [[String: Any]]
        #expect(parameters?.map { $0["in"] as? String } == ["path", "query"])
        #expect(parameters?.map { $0["required"] as? Bool } == [true, false])
        let responses = operation?["responses"] as? [String: Any]
        #expect(Set((responses ?? [:]).keys).isSuperset(of: ["200", "400", "401", "403", "404", "503"]))
        let ok = responses?["200"] as? [String: Any]
        #expect(Set((ok?["headers"] as? [String: Any] ?? [:]).keys) == ["ETag", "Rowhouse-Request-ID"])
    }

    @Test func `every answer that is referred to is there`() throws {
        let named = try value("components", "responses") as? [String: Any] ?? [:]
        for operation in Self.document.operations {
            for failure in operation.failureAnswers { #expect(named[failure.name] != nil) }
        }
        let text = String(decoding: try Self.document.encoded(), as: UTF8.self)
        #expect(text.contains("#/components/responses/plain.404.not_found"))
    }

    @Test func `what needs no token does not fail for want of one`() throws {
        let responses = try value("paths", "/things", "post", "responses") as? [String: Any]
        #expect(responses?["401"] == nil && responses?["400"] != nil)
        #expect((try value("paths", "/things", "post", "security") as? [Any])?.isEmpty == true)
    }

    @Test func `a strict object takes no other members, an open one does`() throws {
        #expect(try value("components", "schemas", "Thing", "additionalProperties") as? Bool == false)
        #expect(try value("components", "schemas", "Thing", "required") as? [String] == ["id"])
        #expect(Schema.object([]).json == ["type": "object", "properties": [:]])
        #expect(Self.thing.propertyNames == ["id", "size"])
    }

    @Test func `the document is the same bytes each time`() throws {
        #expect(try Self.document.encoded() == Self.document.encoded())
    }

    @Test func `a code has one status, and each is listed`() throws {
        #expect(Set(FailureCode.all.map(\.name)).count == FailureCode.all.count)
        for code in FailureCode.all {
            #expect((400..<600).contains(code.status) && !code.meaning.isEmpty)
            #expect(code.name.allSatisfy { $0.isLowercase || $0 == "_" })
        }
        let listed = try value("x-error-codes") as? [[String: Any]]
        #expect(listed?.count == FailureCode.all.count)
        #expect(Set(Self.show.allFailures).isSubset(of: Set(FailureCode.all)))
    }
}
