// Tells the thread sanitizer what happens inside Swift's runtime. Loaded before everything else (LD_PRELOAD) by
// deploy/sanitize, which proves on a small program that it works with the installed Swift.
//
// The sanitizer learns from instrumented code which thread waited for which. The standard library is not instrumented, and
// two of its hand-overs are told by nobody; correct programs are then reported. The functions below stand in for the
// library's, call the real ones and say what they mean.
//
// A shim rather than types of our own in sanitized builds: what is checked is the lock that ships, in our rooms and in
// every package that uses it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

// From the sanitizer's runtime; missing in programs that were not built with it.
extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) {
        fprintf(stderr, "deploy/sanitizers/runtime.c does not fit this Swift: %s is missing\n", name);
        abort();
    }
    return found;
}

// Synchronization.Mutex is a word and a futex. Its quick paths are compiled into the caller, as atomics that the sanitizer
// sees. The slow ones, for a lock that somebody holds, are the library's: there the kernel hands the word over. A lock
// acquires what the unlock before it released, at the address of the word, so that both kinds of hand-over join up.

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef SWIFT void (*lock_slow)(uint32_t thread, SELF);
typedef SWIFT void (*unlock_slow)(SELF);

SWIFT void rh_lock_slow(uint32_t thread, SELF) __asm__(LOCK_SLOW);
SWIFT void rh_unlock_slow(SELF) __asm__(UNLOCK_SLOW);

SWIFT void rh_lock_slow(uint32_t thread, SELF) {
    static _Atomic(lock_slow) known;
    if (!known) known = (lock_slow)real(LOCK_SLOW);
    known(thread, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT void rh_unlock_slow(SELF) {
    static _Atomic(unlock_slow) known;
    if (!known) known = (unlock_slow)real(UNLOCK_SLOW);
    if (__tsan_release) __tsan_release(self);
    known(self);
}

// A continuation that is resumed before its task waits for it: the task then goes on at once, on its own thread, and the
// runtime, which releases the task when it is resumed and acquires it when it is scheduled, skips the second half. Reaches
// `withUnsafe…Continuation` (NIO's futures) only: what the library calls within itself cannot be stood in for, so code that
// hands unguarded things over by a CheckedContinuation alone must guard them.

typedef __attribute__((swiftasynccall)) void (*await_continuation)(void *context);

extern SWIFT void *swift_task_getCurrent(void) __attribute__((weak));

__attribute__((swiftasynccall)) void swift_continuation_await(void *context) {
    static _Atomic(await_continuation) known;
    if (!known) known = (await_continuation)real("swift_continuation_await");
    if (__tsan_acquire) __tsan_acquire(swift_task_getCurrent());
    await_continuation next = known;
    __attribute__((musttail)) return next(context);
}
