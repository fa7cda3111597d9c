import Glibc

/// Removes a test's database file and what SQLite put beside it.
func removeDatabase(_ path: String) {
    for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
}
