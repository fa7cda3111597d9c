import Catalog
import Contract
import Testing

@testable import ControlPlane

/// What the document says of bodies and objects, beside what they are.
struct SchemaTests {
    @Test func `a body has the members that its schema says`() {
        func check<Body: RequestBody>(_ type: Body.Type) {
            #expect(Body.schema.propertyNames == Body.CodingKeys.allCases.map(\.stringValue))
        }
        check(TenantController.CreateBody.self)
        check(TenantController.TokenBody.self)
        check(TenantPatchBody.self)
        check(MoveController.MoveBody.self)
    }

    @Test func `an answered tenant has the members that its schema says`() {
        #expect(ControlSchemas.tenant.propertyNames == TenantObject.CodingKeys.allCases.map(\.rawValue))
        #expect(ControlSchemas.move.propertyNames == MoveObject.CodingKeys.allCases.map(\.rawValue))
    }
}
