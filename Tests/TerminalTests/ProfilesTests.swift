import Terminal
import Testing

struct ProfilesTests {
    private let text = """
        default: local
        profiles:
          local: {url: "http://127.0.0.1:8080"}
          fleet: {url: "https://db.example.com", token: rh_admin_x}
        """

    @Test func `Profiles have an address and perhaps a token, and one is the default`() throws {
        let profiles = try Profiles(text, path: "p.yaml")
        #expect(profiles.standard == "local" && profiles.all.count == 2)
        #expect(profiles.all["fleet"]?.url == "https://db.example.com" && profiles.all["fleet"]?.token == "rh_admin_x")
        #expect(profiles.all["local"]?.token == nil)
        #expect(try Profiles("", path: "p.yaml") == .none)
    }

    @Test(arguments: [
        ("default: x", "default: there is no profile x"), ("profile: {}", "the file: unknown key profile"),
        ("profiles: {a: {}}", "profiles.a.url is an address"), ("profiles: [a]", "profiles is a map"),
        ("profiles: {a: {url: \"http://h\", tokens: x}}", "profiles.a: unknown key tokens; known are token, url"),
        ("profiles: {", "not YAML"),
    ])
    func `What is no profile is said with its place`(text: String, problem: String) throws {
        let failure = #expect(throws: CommandFailure.self) { try Profiles(text, path: "p.yaml") }
        #expect(failure?.status == .usage && failure?.message.hasPrefix("p.yaml: \(problem)") == true, "\(failure!)")
    }
}
