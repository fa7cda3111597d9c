import Foundation
import Terminal
import Testing

struct OutputTests {
    init() { signal(SIGPIPE, SIG_IGN) }

    @Test func `A full device is said, not died of`() throws {
        let descriptor = open("/dev/full", O_WRONLY)
        defer { close(descriptor) }
        let failure = #expect(throws: OutputFailure.self) { try OutputDescriptor(descriptor).write("x") }
        #expect(failure?.description == "no space left on device" && failure?.isReaderGone == false)
    }

    @Test func `A reader that has gone is told from other failures`() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        close(ends[0])
        defer { close(ends[1]) }
        let failure = #expect(throws: OutputFailure.self) { try OutputDescriptor(ends[1]).write("x") }
        #expect(failure?.isReaderGone == true)
    }

    @Test func `More than a pipe holds goes through whole, also where writing does not block`() async throws {
        for flags in [0, O_NONBLOCK] {
            var ends: [Int32] = [0, 0]
            #expect(pipe(&ends) == 0)
            #expect(fcntl(ends[1], F_SETFL, flags) == 0)
            let text = String(repeating: "rowhouse ", count: 100_000)
            let reader = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
            async let read = Task.detached { reader.readDataToEndOfFile() }.value
            try OutputDescriptor(ends[1]).write(text)
            close(ends[1])
            #expect(await read == Data(text.utf8))
        }
    }
}
