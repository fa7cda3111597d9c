// The system's libsqlite3, with fixed-signature wrappers for its variadic functions (Swift cannot call those)
// and the file structure of our VFS.
#ifndef ROWHOUSE_CSQLITE_SHIM_H
#define ROWHOUSE_CSQLITE_SHIM_H

#define SQLITE_ENABLE_SESSION 1
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#include <sqlite3.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>

// glibc declares these under _GNU_SOURCE only, which Swift's importer does not set.
extern int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes);
extern void *memmem(const void *haystack, size_t haystack_count, const void *needle, size_t needle_count);

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
static inline int rh_config_malloc(const sqlite3_mem_methods *methods) {
    return sqlite3_config(SQLITE_CONFIG_MALLOC, methods);
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
/// In linear time, whatever the two look like.
static inline const void *rh_find(const void *haystack, size_t haystack_count, const void *needle, size_t needle_count) {
    return memmem(haystack, haystack_count, needle, needle_count);
}
/// The lowest address of the calling thread's stack and its size; 0 where the system does not say.
static inline uintptr_t rh_stack_bottom(size_t *size) {
    pthread_attr_t attributes;
    void *bottom = 0;
    *size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
    if (pthread_attr_getstack(&attributes, &bottom, size) != 0) bottom = 0;
    pthread_attr_destroy(&attributes);
    return (uintptr_t)bottom;
}

#endif
