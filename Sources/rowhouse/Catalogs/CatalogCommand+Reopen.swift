import ArgumentParser
import Catalog
import Terminal

extension CatalogCommand {
    struct Reopen: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Use a catalog again that was copied elsewhere.",
            discussion: """
                For a copy that was given up. Where the copy is in use there are then two catalogs of one identity, and two \
                owners of one tenant: what either acknowledges is lost in the other. Remove the copy first.

                Exit codes: 0 it takes changes again, 1 failed, 3 no catalog there, 4 it was not copied, 5 not reachable, 73 its \
                node is running.
                """)

        @Argument(help: "Which catalog; by default the one that the settings name.") var catalog: String?
        @OptionGroup var sources: SettingsOptions
        @Flag(help: "The copy is not in use, and will not be.") var copyIsGone = false

        func validate() throws {
            guard copyIsGone else { throw ValidationError("say --copy-is-gone when it is; see --help") }
        }

        func run() async throws {
            let (isLifted, name) = try await CatalogCommand.with(catalog, sources) { open in
                (try await CatalogSeal.lift(open.driver, sleep: NodeParts.sleep), open.name)
            }
            guard isLifted else { throw CommandFailure(.conflict, "\(name) was not copied elsewhere") }
            Console.write("\(TerminalText.visible(name)) takes changes again\n")
        }
    }
}
