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
            lookUp.request.isCreated = try await create(key)
            try proceed(lookUp.request, lookUp.admission, key, await settings.directory.find(key))
        } catch {
            refuse(lookUp.request, error)
        }
    }
}
