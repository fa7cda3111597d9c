extension Policy.Prediction {
    /// Copying all bytes, and the records that are written meanwhile.
    func duration(_ tenant: Inventory.Tenant) -> Duration {
        let writes = Double(max(tenant.load[.writes], tenant.fast[.writes]))
        let spare = max(Double(rate) - writes, 1)
        return .milliseconds(Int64(min(Double(tenant.load.bytes) / spare * 1000, 1e12))) + roundTrip * 8
    }

    /// The last records of the tail, and the way there and back for records, grant and commit.
    func pause(_ tenant: Inventory.Tenant) -> Duration {
        let writes = Double(max(tenant.load[.writes], tenant.fast[.writes]))
        let tail = writes * Double(lag.milliseconds) / Double(max(rate, 1))
        return .milliseconds(Int64(min(tail, 1e12))) + roundTrip * 3
    }
}
