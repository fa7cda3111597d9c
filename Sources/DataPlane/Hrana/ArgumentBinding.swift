import Hrana
import SQLiteKit
import Tenants

extension SQLiteKit.Statement {
    /// Gives each parameter its argument, by the protocol's rules.
    func bind(_ request: Hrana.Statement) throws(StatementStop) {
        let count = Int(parameterCount)
        if count == 0, request.arguments.isEmpty, request.namedArguments.isEmpty { return }
        let binding: ParameterBinding
        do throws(HranaError) {
            binding = try ParameterBinding.resolve(
                parameterCount: count, arguments: request.arguments, namedArguments: request.namedArguments,
                isExplain: isExplain, nameOf: { self.parameterName(Int32($0)).map { String(cString: $0) } })
        } catch {
            throw .failed(error)
        }
        do throws(SQLiteError) {
            switch binding {
            case .positional(let count):
                for index in 0..<count { try bind(request.arguments[index], Int32(index + 1)) }
            case .named(let indexes):
                for (index, argument) in indexes.enumerated() {
                    guard let argument else { continue }
                    try bind(request.namedArguments[argument].value, Int32(index + 1))
                }
            }
        } catch {
            throw .failed(StatementFailure.error(.sqlite(error), .running))
        }
    }

    private func bind(_ value: Value, _ index: Int32) throws(SQLiteError) {
        switch value {
        case .null: try bindNull(index)
        case .integer(let value): try bind(value, index)
        case .float(let value): try bind(value, index)
        case .text(let value): try bind(value, index)
        case .blob(let bytes):
            let outcome: Result<Void, SQLiteError> = bytes.withUnsafeBytes { raw in
                do throws(SQLiteError) {
                    return .success(try bind(blob: raw, index))
                } catch {
                    return .failure(error)
                }
            }
            try outcome.get()
        }
    }
}
