package import Vocabulary

/// What a request's head says about its tenant, and what is left of its path.
package struct ResolvedName: Sendable {
    /// nil if nothing names one; the credential may (`Credential.soleTenant`).
    package let key: TenantKey?
    /// True if the host name names the tenant: then only its data plane is served under that name.
    package let isByHost: Bool
    /// What follows the base: without slashes at either end, doubled slashes made one, without the query; not decoded.
    /// `v3/pipeline` for `/t/acme//v3/pipeline/?x=1`.
    package let path: String
    /// True if the path begins with `/t/{key}`.
    package let isByPath: Bool
}
