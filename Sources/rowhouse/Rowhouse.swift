import ArgumentParser

@main
struct Rowhouse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rowhouse")
}
