import Logging
import Tenants
import Vocabulary

/// What the engine has to tell, as lines of the log.
enum EngineLog {
    /// - Parameter directory: of the data.
    static func write(_ notice: EngineNotice, _ directory: String, to logger: Logger) {
        switch notice {
        case .diskFull:
            logger.error(
                "the disk is full: writes are refused, reads and what gives room back go on",
                metadata: ["data": "\(directory)"])
        case .diskHasRoom:
            logger.error("the disk has room again: writes go on", metadata: ["data": "\(directory)"])
        case .copyFailed(let tenant, let reason):
            logger.error("a snapshot could not be made", metadata: ["tenant": "\(tenant)", "error": "\(reason)"])
        case .uploadFailed(let tenant, let reason):
            logger.error(
                "an uploaded file could not be looked at or put in place",
                metadata: ["tenant": "\(tenant)", "error": "\(reason)"])
        case .replaced(let tenant, let before, let after):
            logger.info(
                "replaced by an uploaded file",
                metadata: [
                    "tenant": "\(tenant)", "pages": "\(before.pageCount)", "now": "\(after.pageCount)",
                    "generation": "\(after.generation)",
                ])
        case .pushed(let tenant, let before, let after):
            logger.debug(
                "took what a replica wrote offline",
                metadata: [
                    "tenant": "\(tenant)", "pages": "\(before.pageCount)", "now": "\(after.pageCount)",
                    "generation": "\(after.generation)",
                ])
        case .compacted(let tenant, let before, let after):
            logger.info(
                "compacted",
                metadata: [
                    "tenant": "\(tenant)", "pages": "\(before.pageCount)", "now": "\(after.pageCount)",
                    "generation": "\(after.generation)",
                ])
        }
    }
}
