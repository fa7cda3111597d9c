import Seams
import Vocabulary

/// On a full disk histories make way: without them a replica gets its tenant once more, without room nobody can write.
extension ReplicaDesk: DiskRelief {
    package var hasAny: Bool { usage.count > 0 }

    package func letGo() -> Bool {
        var hasGone = false
        for tenant in known {
            let entry = entry(of: tenant)
            let isDone: Bool? = entry.turn.passIfFree { () -> Bool in
                guard !entry.isGone, (try? folder.remove(tenant, files)) != nil else { return false }
                remove(entry, of: tenant)
                noteRemoved(tenant)
                return true
            }
            hasGone = hasGone || isDone == true
        }
        return hasGone
    }
}
