extension Lane: SerialExecutor, TaskExecutor {
    /// Swift's jobs wait in the same queue as units, in order, but are not counted against its bound: a task that was
    /// started cannot be refused.
    package func enqueue(_ job: consuming ExecutorJob) { enqueue(job: UnownedJob(job)) }

    package func checkIsolated() { precondition(Lane.current === self, "not on lane \(index)") }

    package func isIsolatingCurrentContext() -> Bool? { Lane.current === self }
}
