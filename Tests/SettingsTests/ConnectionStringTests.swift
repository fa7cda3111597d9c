import Testing

@testable import Settings

struct ConnectionStringTests {
    @Test(arguments: [
        ("host=a password=secret dbname=b", "host=a password=*** dbname=b"),
        ("host=a password='se cret\\' x' dbname=b", "host=a password=*** dbname=b"),
        ("password=se&cret host=a", "password=*** host=a"), ("password=se'cret host=a", "password=*** host=a"),
        ("password=se\\ cret host=a", "password=*** host=a"), ("password = secret  host = a", "password=*** host=a"),
        ("host=a password='secret", "host=a …"), ("host=a password=sec ret", "host=a password=*** …"),
        (
            "sslpassword=secret scram_client_key=secret oauth_client_secret=secret",
            "sslpassword=*** scram_client_key=*** oauth_client_secret=***"
        ),
        ("postgresql://u:secret@h:5432/d?sslmode=require", "postgresql://u:***@h:5432/d?sslmode=require"),
        ("postgresql://u:sec@ret/x@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:sec?ret@h/d?password=secret&a=b", "postgresql://u:***@h/d?password=***&a=b"),
        ("postgresql://h/d?user=u&pass%77ord=secret", "postgresql://h/d?user=u&pass%77ord=***"),
        ("postgresql:///d?host=/run/p", "postgresql:///d?host=/run/p"), ("host=a", "host=a"),
    ])
    func `what is secret in a connection string is not shown`(given: String, shown: String) {
        let address = PostgresAddress(given)
        #expect(address.description == shown)
        #expect(!address.description.replacing("client_secret", with: "").contains("sec"), "\(address)")
    }
}
