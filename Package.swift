// swift-tools-version: 6.2
// The floor plan: every room is a target, and a room imports only from rooms below it.
import PackageDescription

let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: house)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: house)
}

extension Target.Dependency {
    static let nio: Self = .product(name: "NIOCore", package: "swift-nio")
    static let nioPosix: Self = .product(name: "NIOPosix", package: "swift-nio")
    static let nioFoundation: Self = .product(name: "NIOFoundationCompat", package: "swift-nio")
    static let nioEmbedded: Self = .product(name: "NIOEmbedded", package: "swift-nio")
    static let nioHTTP1: Self = .product(name: "NIOHTTP1", package: "swift-nio")
    static let nioWebSocket: Self = .product(name: "NIOWebSocket", package: "swift-nio")
    static let nioConcurrency: Self = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
    static let nioHTTPTypes: Self = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
    static let nioHTTPTypesHTTP1: Self = .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
    static let httpTypes: Self = .product(name: "HTTPTypes", package: "swift-http-types")
    static let hummingbird: Self = .product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdCore: Self = .product(name: "HummingbirdCore", package: "hummingbird")
    static let asyncHTTPClient: Self = .product(name: "AsyncHTTPClient", package: "async-http-client")
    static let logging: Self = .product(name: "Logging", package: "swift-log")
    static let lifecycle: Self = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let signals: Self = .product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let crypto: Self = .product(name: "Crypto", package: "swift-crypto")
    static let cryptoExtras: Self = .product(name: "CryptoExtras", package: "swift-crypto")
    static let yams: Self = .product(name: "Yams", package: "Yams")
    static let argumentParser: Self = .product(name: "ArgumentParser", package: "swift-argument-parser")
    static let histogram: Self = .product(name: "Histogram", package: "hdrhistogram-swift")
}

let package = Package(
    name: "rowhouse",
    products: [.executable(name: "rowhouse", targets: ["rowhouse"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // The street door: the only place that picks real implementations.
        .executableTarget(
            name: "rowhouse",
            dependencies: [
                "DataPlane", "ControlPlane", "Cluster", "Settings", "Terminal", "CatalogDrivers", "Postgres", "Residents",
                "Movers", "Rebalancing", "Planning", "Balancing",
                "Membership", "Routing", "Catalog", "Access", "Accounts", "Contract", "Tenants", "Journal", "Hrana",
                "SQLiteKit", "Lanes", "Seams", "Vocabulary", "Benchmarks", "CSQLite",
                .argumentParser, .asyncHTTPClient, .hummingbird, .hummingbirdCore, .httpTypes, .lifecycle, .signals,
                .logging, .crypto, .nio, .nioPosix,
                .nioHTTP1,
            ],
            swiftSettings: house),

        // Doors.
        room(
            "DataPlane",
            [
                "Hrana", "Routing", "Membership", "Catalog", "Tenants", "SQLiteKit", "Access", "Contract", "Cluster",
                "Lanes", "Vocabulary", "Seams", .nio,
                .nioPosix, .nioHTTP1, .nioWebSocket, .nioHTTPTypes, .nioHTTPTypesHTTP1, .hummingbird, .hummingbirdCore, .logging,
                .lifecycle, .crypto,
            ]),
        room(
            "ControlPlane",
            [
                "Balancing", "Planning", "Cluster", "Movers", "Residents", "Routing", "Catalog", "Membership", "Rebalancing", "Tenants",
                "Access", "Accounts", "Contract",
                "Vocabulary",
                "Seams", .hummingbird, .hummingbirdCore, .logging, .nio, .nioFoundation, .httpTypes, .crypto,
            ]),
        room(
            "Cluster",
            [
                "Routing", "Access", "Seams", "Vocabulary", .nio, .nioPosix, .nioHTTP1, .nioFoundation,
                .asyncHTTPClient,
            ]),
        room("Settings", ["Vocabulary", .yams]),
        room("Terminal", ["Hrana", .yams]),

        // Measuring.
        room(
            "Benchmarks",
            [
                "Tenants", "Journal", "SQLiteKit", "CSQLite", "CLinux", "Lanes", "Seams", "Vocabulary", .nio, .nioPosix,
                .nioHTTP1, .histogram,
            ]),

        // Domain.
        room("Residents", ["Routing", "Catalog", "Tenants", "Vocabulary", "Seams"]),
        room("Routing", ["Catalog", "Vocabulary", "Seams"]),
        room("Membership", ["Catalog", "Vocabulary", "Seams"]),
        room("Movers", ["Rebalancing", "Residents", "Routing", "Catalog", "Tenants", "Vocabulary", "Seams"]),
        room("Rebalancing", ["Vocabulary"]),
        room("Planning", ["Vocabulary"]),
        room("Balancing", ["Planning", "Catalog", "Vocabulary", "Seams"]),
        room("Catalog", ["Vocabulary", "Seams"]),
        room("CatalogDrivers", ["Catalog", "Tenants", "SQLiteKit", "CSQLite", "Vocabulary", "Seams"]),
        room("Postgres", ["Catalog", "CPostgres", "Lanes", "Vocabulary", "Seams"]),
        room("Access", ["Vocabulary", "Seams", .crypto]),
        room("Accounts", ["Access", "Catalog", "Lanes", "Vocabulary", "Seams", .crypto, .cryptoExtras]),
        room("Tenants", ["Journal", "SQLiteKit", "Lanes", "Vocabulary", "Seams"]),

        // Ground floor.
        room("Journal", ["Lanes", "Vocabulary", "Seams"]),
        room("Hrana", ["Vocabulary"]),
        room("Contract"),
        room("SQLiteKit", ["CSQLite", "Seams"]),
        room("Lanes", ["CLinux"]),
        room("Seams", ["CLinux", "Vocabulary"]),
        room("Vocabulary"),
        .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CPostgres"),

        // Proofs.
        .target(
            name: "Simulator", dependencies: ["Seams", "Vocabulary"], path: "Tests/Simulator", swiftSettings: house),
        .target(name: "Processes", path: "Tests/Processes", swiftSettings: house),
        tests("EndToEndTests", ["Processes", "rowhouse", "Access", "Seams", "Vocabulary", .crypto]),
        tests("CrashTests", ["Processes", "Simulator", "Vocabulary", "rowhouse"]),
        tests("VocabularyTests", ["Vocabulary"]),
        tests("LanesTests", ["Lanes"]),
        tests("HranaTests", ["Hrana"]),
        tests("ContractTests", ["Contract"]),
        tests("SQLiteKitTests", ["SQLiteKit", "Lanes", "Simulator", "Seams", "CSQLite"]),
        tests("JournalTests", ["Journal", "Lanes", "Simulator", "Seams", "Vocabulary"]),
        tests("AccessTests", ["Access", "Seams", "Vocabulary", .crypto]),
        tests("PlanningTests", ["Planning", "Vocabulary"]),
        tests(
            "BalancingTests",
            [
                "Balancing", "Planning", "Catalog", "CatalogDrivers", "Tenants", "Journal", "Simulator", "SQLiteKit", "Lanes",
                "Seams", "Vocabulary",
            ]),
        tests("AccountsTests", ["Accounts", "Catalog", "Seams"]),
        tests("SettingsTests", ["Settings", "Vocabulary"]),
        tests("TerminalTests", ["Terminal", "Hrana", "SQLiteKit", "CSQLite"]),
        tests("BenchmarksTests", ["Benchmarks", .nio, .nioPosix]),
        tests(
            "CatalogTests",
            [
                "Access", "Accounts", "Catalog", "CatalogDrivers", "Postgres", "Processes", "Tenants", "Journal", "Lanes",
                "Membership", "Rebalancing", "Routing", "CSQLite", "Simulator", "SQLiteKit", "Seams", "Vocabulary",
            ]),
        tests(
            "RebalancingTests",
            [
                "Movers", "Rebalancing", "Residents", "Routing", "Membership", "Catalog", "CatalogDrivers", "Tenants",
                "Journal", "SQLiteKit", "Seams", "Vocabulary",
            ]),
        tests(
            "TenantsTests", ["Tenants", "Journal", "SQLiteKit", "Lanes", "Simulator", "Seams", "Vocabulary", "CSQLite"]),
        tests(
            "DataPlaneTests",
            [
                "DataPlane", "Hrana", "Tenants", "Journal", "SQLiteKit", "Routing", "Membership", "Catalog", "Cluster",
                "Access", "Contract", "Seams", "Vocabulary", .nio, .nioPosix, .nioHTTP1, .nioEmbedded, .hummingbird, .logging,
                .lifecycle,
            ]),
        tests(
            "ClusterTests",
            [
                "Accounts", "Cluster", "ControlPlane", "Contract", "DataPlane", "Residents", "Tenants", "Journal", "CatalogDrivers",
                "Catalog", "Routing", "Access", "Simulator", "Seams", "Vocabulary", .nio, .nioPosix, .nioHTTP1, .asyncHTTPClient,
                .hummingbird, .httpTypes, .logging, .lifecycle,
            ]),
    ]
)
