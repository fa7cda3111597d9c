import Access
import NIOHTTP1
import Routing
import Vocabulary

/// Uploads to a key that no tenant has.
extension HranaService {
    /// Only who may make tenants, and did not say that there must be one.
    func mayCreate(_ request: DoorRequest, _ admission: HranaAdmission) -> Bool {
        guard admission.endpoint == .upload, settings.create != nil, let credential = admission.credential,
            !request.isCreated, !request.head.headers.contains(name: "if-match")
        else { return false }
        do throws(AccessError) { try credential.require(.admin) } catch { return false }
        return true
    }

    func create(_ lookUp: LookUp, _ key: TenantKey) async {
        guard let create = settings.create, !lookUp.request.isCancelled else { return }
        do throws(TransportError) {
            lookUp.request.isCreated = try await create(key, lookUp.admission.author(of: lookUp.request))
            let found = await settings.directory.find(key)
            do throws(TransportError) {
                try proceed(lookUp.request, lookUp.admission, key, found)
            } catch {
                if case .here(let route) = found { await takeBack(route.tenant, of: lookUp.request) }
                throw error
            }
        } catch {
            refuse(lookUp.request, error)
        }
    }

    /// A tenant that was made for an upload does not stay behind empty where that is refused.
    func takeBack(_ tenant: TenantID, of request: DoorRequest) async {
        if request.isCreated { await settings.takeBack?(tenant) }
    }
}
