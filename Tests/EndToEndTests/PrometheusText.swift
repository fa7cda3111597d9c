import Foundation

/// Prometheus' text format, version 0.0.4, read strictly: what this takes, any scraper takes.
struct PrometheusText {
    struct Wrong: Error, CustomStringConvertible {
        let description: String
    }

    struct Series: Hashable {
        let name: String
        let labels: [String: String]
    }

    private(set) var types: [String: String] = [:]
    private(set) var samples: [Series: Double] = [:]
    private var helps: Set<String> = []
    private var current = ""
    private var ended: Set<String> = []

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Wrong(description: "the last line does not end") }
        for line in text.dropLast().components(separatedBy: "\n") {
            do {
                if line.hasPrefix("# ") { try readComment(line) } else { try readSample(line) }
            } catch let error as Wrong {
                throw Wrong(description: "\(error.description): \(line)")
            }
        }
        for (name, type) in types where type == "histogram" { try checkHistogram(name) }
        for name in types.keys where !samples.keys.contains(where: { family(of: $0.name) == name }) {
            guard types[name] == "counter" else { throw Wrong(description: "\(name) has no sample") }
        }
    }

    private mutating func readComment(_ line: String) throws {
        let parts = line.split(separator: " ", maxSplits: 3).map(String.init)
        guard parts.count == 4, isName(parts[2]) else { throw Wrong(description: "not a comment that means something") }
        switch parts[1] {
        case "HELP":
            guard helps.insert(parts[2]).inserted else { throw Wrong(description: "a second HELP") }
            ended.insert(current)
            current = parts[2]
        case "TYPE":
            guard parts[2] == current, types[current] == nil else {
                throw Wrong(description: "TYPE is not behind its HELP")
            }
            guard ["counter", "gauge", "histogram"].contains(parts[3]) else { throw Wrong(description: "unknown type") }
            types[current] = parts[3]
        default: throw Wrong(description: "neither HELP nor TYPE")
        }
    }

    private mutating func readSample(_ line: String) throws {
        let nameEnd = line.firstIndex { $0 == "{" || $0 == " " } ?? line.endIndex
        let name = String(line[..<nameEnd])
        guard isName(name) else { throw Wrong(description: "not a name") }
        var rest = line[nameEnd...]
        let labels = try readLabels(&rest)
        guard rest.first == " ", let value = number(rest.dropFirst()) else { throw Wrong(description: "not a value") }
        guard let family = family(of: name), family == current, !ended.contains(family) else {
            throw Wrong(description: "not within its family")
        }
        if types[family] == "counter", !name.hasSuffix("_total") || value < 0 { throw Wrong(description: "no counter") }
        guard samples.updateValue(value, forKey: Series(name: name, labels: labels)) == nil else {
            throw Wrong(description: "the series comes twice")
        }
    }

    private func readLabels(_ rest: inout Substring) throws -> [String: String] {
        guard rest.first == "{" else { return [:] }
        guard let end = rest.firstIndex(of: "}") else { throw Wrong(description: "labels without an end") }
        var labels: [String: String] = [:]
        for pair in rest[rest.index(after: rest.startIndex)..<end].split(
            separator: ",", omittingEmptySubsequences: false)
        {
            let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, isName(parts[0]), !parts[0].contains(":"), parts[1].count >= 2,
                parts[1].hasPrefix("\""),
                parts[1].hasSuffix("\""), !parts[1].dropFirst().dropLast().contains(where: { "\"\\".contains($0) }),
                labels.updateValue(String(parts[1].dropFirst().dropLast()), forKey: parts[0]) == nil
            else { throw Wrong(description: "not a label") }
        }
        rest = rest[rest.index(after: end)...]
        return labels
    }

    private func number(_ text: Substring) -> Double? {
        guard !text.isEmpty, !text.contains(" ") else { return nil }
        return text == "+Inf" ? .infinity : Double(text)
    }

    private func isName(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, !("0"..."9").contains(first) else { return false }
        return text.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || $0 == "_" || $0 == ":"
        }
    }

    private func family(of name: String) -> String? {
        if types[name] != nil { return name }
        for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
            let family = String(name.dropLast(suffix.count))
            if types[family] == "histogram" { return family }
        }
        return nil
    }

    private func checkHistogram(_ name: String) throws {
        let counts = samples.filter { $0.key.name == name + "_count" }
        guard !counts.isEmpty else { throw Wrong(description: "\(name) has no count") }
        for (series, count) in counts {
            let buckets = samples.filter { bucket in
                bucket.key.name == name + "_bucket" && bucket.key.labels.filter { $0.key != "le" } == series.labels
            }.map { (number(Substring($0.key.labels["le"] ?? "")) ?? .nan, $0.value) }.sorted { $0.0 < $1.0 }
            guard buckets.count > 2, buckets.last?.0 == .infinity, buckets.last?.1 == count,
                zip(buckets, buckets.dropFirst()).allSatisfy({ $0.1 <= $1.1 }),
                samples[Series(name: name + "_sum", labels: series.labels)] != nil
            else { throw Wrong(description: "\(name) \(series.labels) is no histogram: \(buckets)") }
        }
    }
}
