/// The answer of a node to a pipeline of one request, or of one and a `close`, cut into what the sender goes on with: a
/// stream of a WebSocket is a stream over HTTP whose client is the node itself.
///
/// Answers of any size are cut without being read through: the form is that of `JSONWriter` and `ProtobufWriter`, which all
/// nodes of a cluster write. What looks otherwise is not taken.
package struct PipelineAnswer: Hashable, Sendable {
    /// For the stream's next request; nil if the stream is closed.
    package var baton: String?
    package var isError: Bool
    /// The bytes of the response or of the error object: in JSON the whole object, in Protocol Buffers its fields.
    package var content: Range<Int>

    private static let ok: StaticString = #"{"results":[{"type":"ok","response":"#
    private static let error: StaticString = #"{"results":[{"type":"error","error":"#
    private static let closed: StaticString = #",{"type":"ok","response":{"type":"close"}}"#
    private static let end: StaticString = #"],"baton":"#
    private static let tail: StaticString = #","base_url":null}"#
    /// A baton and what stands around it.
    private static let longestTail = 512

    /// - Parameter closes: a `close` came after the request.
    package static func json(_ bytes: UnsafeRawBufferPointer, closes: Bool) -> PipelineAnswer? {
        let isError = bytes.starts(with: error.bytes)
        guard isError || bytes.starts(with: ok.bytes), bytes.suffix(tail.utf8CodeUnitCount).elementsEqual(tail.bytes)
        else { return nil }
        let start = isError ? error.utf8CodeUnitCount : ok.utf8CodeUnitCount
        // The last one: a baton holds no bracket.
        var at = bytes.count - end.utf8CodeUnitCount
        let first = max(start, bytes.count - longestTail)
        while at >= first, !bytes[at...].starts(with: end.bytes) { at -= 1 }
        guard at >= first else { return nil }
        let baton = bytes[(at + end.utf8CodeUnitCount)..<(bytes.count - tail.utf8CodeUnitCount)]
        if closes {
            at -= closed.utf8CodeUnitCount
            guard at > start, bytes[at...].starts(with: closed.bytes) else { return nil }
        }
        guard at - 1 > start, bytes[at - 1] == UInt8(ascii: "}") else { return nil }
        return PipelineAnswer(baton: text(baton), isError: isError, content: start..<at - 1)
    }

    /// The text of a string without escapes; nil for `null`.
    private static func text(_ quoted: Slice<UnsafeRawBufferPointer>) -> String? {
        guard quoted.count > 2, quoted.first == UInt8(ascii: "\"") else { return nil }
        return String(decoding: quoted.dropFirst().dropLast(), as: UTF8.self)
    }

    package static func protobuf(_ bytes: UnsafeRawBufferPointer) -> PipelineAnswer? {
        do throws(HranaDecodingError) { return try read(bytes) } catch { return nil }
    }

    private static func read(_ bytes: UnsafeRawBufferPointer) throws(HranaDecodingError) -> PipelineAnswer? {
        var reader = ProtobufReader(bytes, maxDepth: 8)
        var baton: String?
        var answer: PipelineAnswer?
        while let field = try reader.nextField() {
            switch field.number {
            case 1: baton = try reader.text(field)
            case 3 where answer == nil: answer = try result(field, &reader)
            default: try reader.skip(field)
            }
        }
        answer?.baton = baton
        return answer
    }

    /// `StreamResult`: a response, in a field by its kind, or an error.
    private static func result(
        _ outer: ProtobufReader.Field, _ reader: inout ProtobufReader
    ) throws(HranaDecodingError) -> PipelineAnswer? {
        let end = try reader.enter(outer)
        var answer: PipelineAnswer?
        while let field = try reader.nextField() {
            let isError = field.number == 2
            if isError {
                answer = PipelineAnswer(isError: true, content: try range(field, &reader))
            } else {
                let inner = try reader.enter(field)
                while let kind = try reader.nextField() {
                    answer = PipelineAnswer(isError: false, content: try range(kind, &reader))
                }
                reader.leave(inner)
            }
        }
        reader.leave(end)
        return answer
    }

    private static func range(
        _ field: ProtobufReader.Field, _ reader: inout ProtobufReader
    ) throws(HranaDecodingError) -> Range<Int> {
        let count = try reader.bytes(field).count
        return (reader.offset - count)..<reader.offset
    }
}

extension StaticString {
    fileprivate var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount) }
}
