import Contract
import NIOHTTP1
import Testing

@testable import DataPlane

/// The data plane's endpoints beside the operations that the API's document is made of.
struct OperationsTests {
    private static func endpoint(_ operation: Operation) -> HranaEndpoint {
        var path = String(operation.path.dropFirst(TenantPlane.base.utf8.count + 1))
        for (index, name) in ["{generation}", "{from}", "{to}", "{baton}"].enumerated() {
            path = path.replacing(name, with: String(index + 1))
        }
        return HranaEndpoint(HTTPMethod(rawValue: operation.method), path)
    }

    @Test(arguments: TenantPlane.operations)
    func `what is documented is served`(operation: Operation) {
        #expect(Self.endpoint(operation).operationIDs.contains(operation.id))
        #expect(operation.parameters.contains { $0.name == "tenant" && $0.place == .path })
    }

    /// An endpoint without operations is refused by the compiler, one that names others by this.
    @Test func `what an endpoint names is documented`() {
        let ids = Set(TenantPlane.operations.map(\.id))
        let named = TenantPlane.operations.flatMap { Self.endpoint($0).operationIDs }
        #expect(ids == Set(named))
    }

    @Test func `another method is told which ones the path takes`() {
        #expect(HranaEndpoint(.PATCH, "query") == .wrongMethod(allowed: "POST"))
        #expect(HranaEndpoint(.RAW(value: "TRACE"), "v3/pipeline") == .wrongMethod(allowed: "POST"))
        #expect(HranaEndpoint(.POST, "v3") == .wrongMethod(allowed: "GET, HEAD"))
        #expect(HranaEndpoint(.POST, "export/7") == .wrongMethod(allowed: "GET, HEAD"))
        #expect(HranaEndpoint(.PUT, "sync/7/1/129") == .wrongMethod(allowed: "GET, HEAD, POST"))
        #expect(HranaEndpoint(.GET, "sync/7/1/129/b") == .wrongMethod(allowed: "POST"))
        #expect(HranaEndpoint(.POST, "export/x") == .unknown)
        #expect(HranaEndpoint(.POST, "nothing") == .unknown)
    }
}

extension Operation: CustomTestStringConvertible {
    public var testDescription: String { id }
}
