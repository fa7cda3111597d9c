import Accounts
import Catalog
import Contract
import Vocabulary

/// What users' calls are told, read.
enum UserText {
    static func role(_ text: String) throws(APIError) -> MemberRole {
        guard let role = MemberRole(rawValue: text) else { throw APIError.badRequest("role is one of ro, rw, admin") }
        return role
    }

    static func state(_ text: String) throws(APIError) -> UserRow.State {
        guard let state = UserRow.State(rawValue: text) else {
            throw APIError.badRequest("state is active or disabled")
        }
        return state
    }

    static func email(_ text: String) throws(AccountsError) -> EmailAddress {
        do throws(EmailFault) { return try EmailAddress(text) } catch { throw .email(error) }
    }

    /// What people know a device by: one line that is shown as it is.
    static func device(_ text: String?) throws(APIError) -> String {
        let text = text ?? ""
        guard text.utf8.count <= 200,
            !text.unicodeScalars.contains(where: {
                $0.properties.generalCategory == .control || $0.properties.isBidiControl
            })
        else {
            throw APIError.badRequest(
                "device is one line of at most 200 bytes, without marks that change the direction")
        }
        return text
    }

    /// Milliseconds.
    static func span(_ text: String?) throws(APIError) -> Int64? {
        guard let text else { return nil }
        guard let seconds = SpanText.seconds(text) else {
            throw APIError.badRequest("expiresIn is a whole number with s, m, h or d, such as 24h, from 1s to 3650d")
        }
        return seconds * 1000
    }

    static func user(_ text: String) throws(APIError) -> UserID {
        guard let id = UserID(hex: text) else { throw noUser }
        return id
    }

    static let noUser = APIError.notFound("there is no user with that id; see GET /v1/users?email=")
    static let noSession = APIError.notFound("there is no session with that id; see GET /v1/users/{id}/sessions")
}
