import Contract
import ControlPlane
import DataPlane

/// What `/openapi.json` says: both planes' calls, whatever this node is.
enum APIDocument {
    static let whole = Document(
        title: "Rowhouse", version: Build.version, text: text,
        operations: ControlPlane.operations + TenantPlane.operations,
        schemas: ControlSchemas.all.merging(TenantPlane.schemas) { _, _ in
            preconditionFailure("two schemas of one name")
        })

    private static let text = """
        A SQLite database for each of your customers.

        Errors have a stable code: `{"error": {"code", "message", "requestID"}}`; `x-error-codes` lists all. The calls of libSQL's \
        clients answer errors as these clients read them, the code in capitals.

        A tenant is named by the path (`/t/{tenant}/…`), by the host under the configured `domain`, or by the header \
        `Rowhouse-Tenant`. The same protocol is spoken over WebSockets, on the tenant's base: `hrana1`, `hrana2`, `hrana3`, \
        `hrana3-protobuf`.
        """
}
