import ArgumentParser
import Benchmarks
import Dispatch
import Foundation
import Seams
import Terminal

/// The frame of every benchmark: a folder that is removed again, progress, and an end by Ctrl-C.
enum BenchRun {
    typealias Progress = @Sendable (String, Double) -> Void

    /// What a shell expects of a program that was ended by SIGINT.
    private static let interrupted: Int32 = 130

    /// - Parameters:
    ///   - parent: the folder's folder.
    ///   - body: measures; the folder is empty and removed when it has returned, whatever it threw.
    ///   - show: prints, when the folder is gone.
    static func run(
        in parent: String, _ body: (String, StopFlag, @escaping Progress) async throws -> BenchReport,
        show: (BenchReport) -> Void
    ) async throws {
        let stop = StopFlag()
        let signals = watch(stop)
        defer { for signal in signals { signal.cancel() } }
        let directory = try makeFolder(in: parent)
        let report: BenchReport
        do {
            defer {
                Console.endProgress()
                try? FileManager.default.removeItem(atPath: directory)
            }
            report = try await body(directory, stop, progress())
        } catch let error as BenchmarkError {
            guard error == .interrupted else { throw CommandFailure(.failed, error.description) }
            throw ExitCode(interrupted)
        }
        show(report)
    }

    /// The first signal ends the run in order; a second one does what it always does.
    private static func watch(_ stop: StopFlag) -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                stop.set()
                signal(number, SIG_DFL)
            }
            source.activate()
            return source
        }
    }

    private static func makeFolder(in parent: String) throws(CommandFailure) -> String {
        let absolute = URL(fileURLWithPath: parent).standardizedFileURL.path
        var template = Array("\(absolute)/rowhouse-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            let reason = SystemErrorText.words(errno)
            throw CommandFailure(
                .failed, "no folder can be made in \(absolute): \(reason)", advice: "choose one with --data")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func progress() -> Progress {
        let started = ContinuousClock.now
        return { text, done in
            Console.show(ProgressLine(percent: done, label: text, elapsed: ContinuousClock.now - started))
        }
    }
}

extension ProgressLine {
    /// A share without a quantity; first, so that a narrow terminal cuts the label.
    fileprivate init(percent: Double, label: String, elapsed: Duration) {
        let share = TerminalText.padded(String(Int(percent * 100)), to: 3, right: true)
        self.init(label: "\(share) %  \(label)", done: 0, total: nil, elapsed: elapsed)
    }
}
