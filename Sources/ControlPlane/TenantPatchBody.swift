import Catalog
import Contract
import Vocabulary

/// The body of `PATCH /v1/tenants/{key}`.
struct TenantPatchBody: RequestBody {
    let key: String?
    let labels: [String: String?]
    let quotas: [String: Int64?]
    let state: String?
    /// `.some(nil)` for null, which unpins.
    let pin: String??
    let isolated: Bool?

    enum CodingKeys: String, CodingKey, CaseIterable { case key, labels, quotas, state, pin, isolated }
    static let schema = Schema.object(
        [
            .optional("key", .named("TenantKey"), "Renames it."),
            .optional("labels", .map(.orNull(.text))),
            .optional("quotas", .object([], isStrict: true), "None is enforced yet, so none is taken."),
            .optional("state", .choice(["ready", "read-only", "blocked"])),
            .optional("pin", .orNull(ControlSchemas.nodeName), "The node that it is to stay on; null unpins it."),
            .optional("isolated", .boolean, "No other tenant is to be on its node; the next plan sees to it."),
        ], isStrict: true)

    init(from decoder: any Decoder) throws {
        let body = try decoder.container(keyedBy: CodingKeys.self)
        key = try body.decodeIfPresent(String.self, forKey: .key)
        labels = try body.decodeIfPresent([String: String?].self, forKey: .labels) ?? [:]
        quotas = try body.decodeIfPresent([String: Int64?].self, forKey: .quotas) ?? [:]
        state = try body.decodeIfPresent(String.self, forKey: .state)
        isolated = try body.decodeIfPresent(Bool.self, forKey: .isolated)
        pin = body.contains(.pin) ? .some(try body.decode(String?.self, forKey: .pin)) : nil
    }

    /// All of it is looked at before any of it is done.
    func patch() throws -> TenantRows.Patch {
        var patch = TenantRows.Patch()
        patch.key = try key.map(TenantController.key)
        patch.labels = labels
        try TenantController.refuse(quotas: quotas)
        patch.quotas = quotas
        patch.state = try state.map { text in
            guard let state = TenantRow.State(rawValue: text), [.ready, .readOnly, .blocked].contains(state) else {
                throw APIError.badRequest("state is one of ready, read-only, blocked")
            }
            return state
        }
        patch.isIsolated = isolated
        patch.pin = try pin.map { try $0.map(Self.node) }
        return patch
    }

    static func node(_ text: String) throws(APIError) -> NodeID {
        guard let node = NodeID(text) else { throw APIError.badRequest("\"\(text)\" is no node's name") }
        return node
    }
}
