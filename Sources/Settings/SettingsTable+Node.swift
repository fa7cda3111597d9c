extension SettingsTable {
    static let node: [Setting] = [
        Setting(
            "node.id", \.node.id, .optional(.nodeID), example: "n1",
            """
            This node's name, no other node's. If not set, the data directory keeps one, made up on the first start: n1 \
            where there is no cluster.key-file, else one at random.
            """),
        Setting(
            "node.listen", \.node.listen, .listenAddress,
            "Where clients and other nodes connect; other than loopback only with credentials configured."),
        Setting("node.data", \.node.data, .path, "The data directory; made if it does not exist."),
        Setting(
            "node.advertise", \.node.advertise, .optional(.nodeAddress), example: "http://10.0.0.5:8080",
            "Where other nodes reach this one; needed with cluster.key-file."),
        Setting(
            "node.zone", \.node.zone, .optional(.name("a name of 1 to 63 of a-z, A-Z, 0-9, '.', '_' and '-'")),
            example: "eu-1a", "The failure zone that this node stands in."),
        Setting(
            "node.labels", \.node.labels, .labels, structured: true,
            "Labels that describe this node to operators."),
        Setting(
            "node.disk", \.node.disk, .size(16 << 20...1 << 50, zeroMeans: "what its file system has"),
            "How much tenants may have on this node's disk; plans and new tenants keep to it."),
        Setting(
            "node.memory", \.node.memory, .size(16 << 20...1 << 50, zeroMeans: "what the machine has"),
            "How much memory tenants may hold on this node; plans and new tenants keep to it."),
    ]

    static let domain = Setting(
        "domain", \.domain, .optional(.domain), example: "db.example.com",
        "The domain whose subdomains name tenants: acme.db.example.com is tenant acme.")

    static let catalog = Setting(
        "catalog", \.catalog, .catalog, structured: true,
        """
        Where the catalog lives: on this node, on the node that answers at an address, or in PostgreSQL, whose connection \
        string is libpq's.
        """)

    static let postgres: [Setting] = [
        Setting(
            "postgres.schema", \.postgres.schema, .name("a name of 1 to 63 of a-z, A-Z, 0-9, '.', '_' and '-'"),
            "The schema within the database that holds the tables of a catalog in PostgreSQL; made if it does not exist."
        ),
        Setting(
            "postgres.connections", \.postgres.connections, .count(1...64),
            "Connections to PostgreSQL that this node has at most, each with a thread of its own."),
        Setting(
            "postgres.queue", \.postgres.queue, .count(1...10_000),
            "Transactions that may wait for a connection; beyond, one is refused at once."),
        Setting(
            "postgres.connect-timeout", \.postgres.connectTimeout, .duration(.seconds(2) ... .seconds(60)),
            "How long each host of the connection string is tried; in whole seconds."),
        Setting(
            "postgres.statement-timeout", \.postgres.statementTimeout,
            .duration(.milliseconds(100) ... .seconds(60)), "How long one statement in PostgreSQL may take."),
        Setting(
            "postgres.transaction-timeout", \.postgres.transactionTimeout, .duration(.seconds(1) ... .seconds(120)),
            "How long a transaction in PostgreSQL may take, waiting for a connection included."),
    ]

    static let cluster: [Setting] = [
        Setting(
            "cluster.key-file", \.cluster.keyFile, .optional(.path), example: "/etc/rowhouse/cluster.key",
            "File with the secret that signs calls between nodes, the same on all of them."),
        Setting(
            "cluster.lease", \.cluster.lease, .duration(.seconds(2) ... .seconds(300)),
            "How long a node may go on without renewing its right to serve."),
    ]

    static let rebalancing: [Setting] = [
        Setting(
            "rebalancing.automatic", \.rebalancing.automatic, .boolean,
            "Whether tenants are moved without asking where a node is overloaded for long; the same on all nodes."),
        Setting(
            "rebalancing.interval", \.rebalancing.interval, .duration(.seconds(1) ... .seconds(3600)),
            "How often nodes are looked at; an overload counts once it has lasted for three looks."),
        Setting(
            "rebalancing.windows", \.rebalancing.windows,
            .list(
                .dailyWindow, of: "windows", expected: "a list of parts of the day in UTC such as [\"22:00-06:00\"]"),
            structured: true,
            "When balancing without being asked may begin moves; without any, at any time."),
    ]

    static let access: [Setting] = [
        Setting(
            "access.admin-tokens", \.access.adminTokens,
            .list(
                .adminToken, of: "admin tokens",
                expected: "a list of {name, sha256, scopes} as `rowhouse access token` prints them"),
            structured: true,
            "Operators' tokens by hash; without any, the node answers on loopback only."),
        Setting(
            "access.trusted-proxies", \.access.trustedProxies,
            .list(.addressRange, of: "address ranges", expected: "a list of IP addresses or blocks such as 10.0.0.0/8"),
            structured: true,
            "Proxies whose X-Forwarded-For header is believed."),
        Setting(
            "access.support-time", \.access.supportTime, .duration(.seconds(60) ... .seconds(30 * 86_400)),
            "How long a support token, one that is made for a reason, lives at most."),
        Setting(
            "audit.keep", \.audit.keep, .duration(.seconds(86_400) ... .seconds(3650 * 86_400)),
            "How long the audit log is kept."),
        Setting(
            "cors.origins", \.cors.origins,
            .list(
                .origin("scheme://host or scheme://host:port"), of: "origins",
                expected: "a list of origins such as https://app.example.com"),
            structured: true,
            "Origins of web pages whose scripts may call this node."),
    ]

    static let durability = Setting(
        "durability", \.durability, .durability,
        "When a commit is acknowledged: local means once it is on this node's disk.")

    static let schemas = Setting(
        "schemas", \.schemas, .schemas, structured: true,
        "How tenants come to be, by key: the first whose match fits decides, else default.")
}
