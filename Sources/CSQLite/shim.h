// The system's libsqlite3, with fixed-signature wrappers for its variadic functions (Swift cannot call those)
// and the file structure of our VFS.
#ifndef ROWHOUSE_CSQLITE_SHIM_H
#define ROWHOUSE_CSQLITE_SHIM_H

#define SQLITE_ENABLE_SESSION 1
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#include <sqlite3.h>
#include <stdint.h>

/// What SQLite allocates for every file that our VFS opens: its own head, then a retained Swift object.
typedef struct rh_file {
    sqlite3_file base;
    void *object;
} rh_file;

static inline int rh_config_int(int option, int value) { return sqlite3_config(option, value); }
static inline int rh_config_none(int option) { return sqlite3_config(option); }
static inline int rh_config_page_cache(void *memory, int size, int count) {
    return sqlite3_config(SQLITE_CONFIG_PAGECACHE, memory, size, count);
}
static inline int rh_config_lookaside(int size, int count) {
    return sqlite3_config(SQLITE_CONFIG_LOOKASIDE, size, count);
}
static inline int rh_db_config_flag(sqlite3 *db, int option, int value) {
    return sqlite3_db_config(db, option, value, (int *)0);
}
static inline int rh_db_config_lookaside(sqlite3 *db, void *memory, int size, int count) {
    return sqlite3_db_config(db, SQLITE_DBCONFIG_LOOKASIDE, memory, size, count);
}
/// Binds bytes that SQLite copies.
static inline int rh_bind_text_copy(sqlite3_stmt *statement, int index, const char *bytes, int64_t count) {
    return sqlite3_bind_text64(statement, index, bytes ? bytes : "", (sqlite3_uint64)count, SQLITE_TRANSIENT, SQLITE_UTF8);
}
static inline int rh_bind_blob_copy(sqlite3_stmt *statement, int index, const void *bytes, int64_t count) {
    if (count == 0) return sqlite3_bind_zeroblob(statement, index, 0);
    return sqlite3_bind_blob64(statement, index, bytes, (sqlite3_uint64)count, SQLITE_TRANSIENT);
}

#endif
