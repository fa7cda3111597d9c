// Linux calls that glibc declares under _GNU_SOURCE only, which Swift's Glibc module does not set.
#ifndef ROWHOUSE_CLINUX_SHIM_H
#define ROWHOUSE_CLINUX_SHIM_H

#include <pthread.h>

extern int syncfs(int descriptor);
extern int pthread_setname_np(pthread_t thread, const char *name);

static inline int rh_syncfs(int descriptor) { return syncfs(descriptor); }
/// At most 15 bytes of name.
static inline int rh_name_this_thread(const char *name) { return pthread_setname_np(pthread_self(), name); }

#endif
