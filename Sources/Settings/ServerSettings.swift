/// Everything that a node can be told before it starts, with the defaults of a complete single node.
///
/// Values are checked when they are read (``ServerSettings/load(_:)``); a value made in code is taken as it is.
/// Sizes are bytes, paths are as given (relative ones start at the working directory).
package struct ServerSettings: Sendable, Equatable {
    package var node = NodeSettings()
    /// The domain under which `acme.<domain>` names tenant `acme`; `nil` turns naming by `Host` off.
    package var domain: String?
    package var catalog = CatalogSetting.embedded
    package var postgres = PostgresSettings()
    package var cluster = ClusterSettings()
    package var rebalancing = RebalancingSettings()
    package var access = AccessSettings()
    package var audit = AuditSettings()
    package var cors = CORSSettings()
    package var durability = DurabilitySetting.local
    package var journal = JournalSettings()
    package var streams = StreamSettings()
    package var tenants = TenantSettings()
    package var users = UserSettings()
    package var sessions = SessionSettings()
    package var replicas = ReplicaSettings()
    package var routing = RoutingSettings()
    package var compat = CompatibilitySettings()
    package var limits = LimitSettings()
    /// In file order: the first rule whose pattern matches a key decides, else the one named `default`.
    package var schemas = [SchemaRule.standard]

    package init() {}
}
