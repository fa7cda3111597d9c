// Linux calls that glibc declares under _GNU_SOURCE only, which Swift's Glibc module does not set, or in headers that it
// leaves out.
#ifndef ROWHOUSE_CLINUX_SHIM_H
#define ROWHOUSE_CLINUX_SHIM_H

#include <pthread.h>
#include <sys/vfs.h>

extern int syncfs(int descriptor);
extern int pthread_setname_np(pthread_t thread, const char *name);

static inline int rh_syncfs(int descriptor) { return syncfs(descriptor); }
/// The magic number of the kind of file system that holds the descriptor's file; 0 if it cannot be told.
static inline long rh_file_system_kind(int descriptor) {
    struct statfs status;
    return fstatfs(descriptor, &status) == 0 ? status.f_type : 0;
}
/// At most 15 bytes of name.
static inline int rh_name_this_thread(const char *name) { return pthread_setname_np(pthread_self(), name); }

#endif
