import CSQLite
import Glibc

/// What the call into SQLite that runs on this thread may use, and for whom it runs.
///
/// SQLite allocates and opens temporary files deep inside a step, without saying for whom; the thread knows.
struct CallState {
    /// Bytes that the call may still allocate, net of what it frees.
    var room: Int
    var temporary: Unmanaged<TempAccount>?
    /// Stack below this address is for unwinding: SQLite's compiler recurses over nested views, triggers and subqueries as
    /// deep as a caller's SQL makes it.
    let stackFloor: UInt
    let stackReserve: UInt

    /// Outside of calls, and for calls that nobody bounds.
    static let unbounded = Int.max / 2

    /// Nil on a thread that has never called SQLite through a `Connection`.
    @inline(__always)
    static var current: UnsafeMutablePointer<CallState>? {
        pthread_getspecific(key)?.assumingMemoryBound(to: CallState.self)
    }

    /// The calling thread's, made if need be.
    @inline(__always)
    static func here() -> UnsafeMutablePointer<CallState> { current ?? make() }

    /// Runs a call into SQLite for a connection, and charges what it took.
    @inline(__always)
    static func run<R>(
        _ temporary: TempAccount, _ memory: MemoryAccount?, isUnbounded: Bool, _ body: () -> R
    ) -> R {
        let state = here()
        let outer = state.pointee
        let room = isUnbounded ? unbounded : memory?.room ?? unbounded
        state.pointee.room = room
        state.pointee.temporary = Unmanaged.passUnretained(temporary)
        defer {
            memory?.change(by: room - state.pointee.room)
            state.pointee.room = outer.room
            state.pointee.temporary = outer.temporary
        }
        return body()
    }

    /// Whether the calling thread is too deep in its stack for another level of recursion; said a little before the
    /// allocator says so too.
    static var isStackShort: Bool {
        guard let state = current else { return false }
        return stackPointer < state.pointee.stackFloor + state.pointee.stackReserve
    }

    @inline(__always)
    static var stackPointer: UInt {
        var mark: UInt8 = 0
        return withUnsafeMutablePointer(to: &mark) { UInt(bitPattern: $0) }
    }

    private static func make() -> UnsafeMutablePointer<CallState> {
        var size = 0
        let bottom = UInt(rh_stack_bottom(&size))
        // More than anything takes between two looks.
        let reserve = UInt(min(256 << 10, size / 8))
        let state = UnsafeMutablePointer<CallState>.allocate(capacity: 1)
        state.initialize(
            to: CallState(
                room: unbounded, temporary: nil, stackFloor: bottom == 0 ? 0 : bottom + reserve,
                stackReserve: bottom == 0 ? 0 : reserve))
        pthread_setspecific(key, state)
        return state
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let code = pthread_key_create(&key) { $0?.assumingMemoryBound(to: CallState.self).deallocate() }
        precondition(code == 0, "no thread-local key to be had")
        return key
    }()
}

/// SQLite's allocator: the system's, refusing what a call may not take. SQLite answers SQLITE_NOMEM then, undoes the
/// statement, and the connection goes on.
enum CallAllocator {
    static func makeMethods() -> sqlite3_mem_methods {
        var table = sqlite3_mem_methods()
        table.xMalloc = { count in CallAllocator.allocate(Int(count)) }
        table.xRealloc = { old, count in CallAllocator.reallocate(old, Int(count)) }
        table.xFree = { block in
            guard let block else { return }
            CallState.current?.pointee.room += malloc_usable_size(block)
            free(block)
        }
        table.xSize = { block in Int32(clamping: malloc_usable_size(block)) }
        table.xRoundup = { count in (count + 7) & ~7 }
        table.xInit = { _ in SQLITE_OK }
        table.xShutdown = { _ in }
        return table
    }

    private static func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
        guard let state = CallState.current else { return malloc(count) }
        guard state.pointee.room >= count, CallState.stackPointer >= state.pointee.stackFloor else { return nil }
        guard let block = malloc(count) else { return nil }
        state.pointee.room -= malloc_usable_size(block)
        return block
    }

    private static func reallocate(_ old: UnsafeMutableRawPointer?, _ count: Int) -> UnsafeMutableRawPointer? {
        guard let state = CallState.current, let old else { return realloc(old, count) }
        let before = malloc_usable_size(old)
        guard state.pointee.room >= count - before else { return nil }
        guard let block = realloc(old, count) else { return nil }
        state.pointee.room -= malloc_usable_size(block) - before
        return block
    }
}
