import NIOCore
import NIOWebSocket

/// What frames come to: whole messages, control frames, violations. Decides only; NIO's decoder has cut the bytes.
///
/// NIO's decoder leaves to extensions what they could want, and there are none here: so masks, reserved bits and reserved
/// opcodes are looked at here, and so is how fragments follow each other.
struct SocketFraming {
    enum Event: Equatable {
        /// A part of a message, or nothing to act on.
        case nothing
        case message(ByteBuffer, isText: Bool)
        case ping(ByteBuffer)
        case pong
        /// The client ends the connection, for that reason.
        case close(code: UInt16?)
        case violation(SocketClose)
    }

    /// The fragments of a message so far.
    private var gathered: ByteBuffer?
    private var isText = false
    /// Of a whole message, at most.
    var messageBytes: Int

    init(messageBytes: Int) { self.messageBytes = messageBytes }

    /// A message has begun and is not whole.
    var isGathering: Bool { gathered != nil }

    /// Bytes of it that are held here.
    var heldBytes: Int { gathered?.readableBytes ?? 0 }

    mutating func take(_ frame: WebSocketFrame) -> Event {
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else { return .violation(.frameInvalid) }
        guard frame.maskKey != nil else { return .violation(.notMasked) }
        switch frame.opcode {
        case .text: return begin(frame, isText: true)
        case .binary: return begin(frame, isText: false)
        case .continuation: return goOn(frame)
        case .ping: return .ping(frame.unmaskedData)
        case .pong: return .pong
        case .connectionClose: return close(frame.unmaskedData)
        default: return .violation(.frameInvalid)
        }
    }

    private mutating func begin(_ frame: WebSocketFrame, isText: Bool) -> Event {
        guard gathered == nil else { return .violation(.frameInvalid) }
        guard frame.length <= messageBytes else { return .violation(.tooLarge) }
        if frame.fin { return .message(frame.unmaskedData, isText: isText) }
        self.isText = isText
        // A copy: the frame is a slice of what was read, and more of that than it needs would live on.
        gathered = ByteBuffer(bytes: frame.unmaskedData.readableBytesView)
        return .nothing
    }

    private mutating func goOn(_ frame: WebSocketFrame) -> Event {
        guard var whole = gathered else { return .violation(.frameInvalid) }
        guard whole.readableBytes + frame.length <= messageBytes else { return .violation(.tooLarge) }
        gathered = nil
        whole.writeImmutableBuffer(frame.unmaskedData)
        if frame.fin { return .message(whole, isText: isText) }
        gathered = whole
        return .nothing
    }

    private func close(_ payload: ByteBuffer) -> Event {
        var payload = payload
        if payload.readableBytes == 0 { return .close(code: nil) }
        guard let code = payload.readInteger(as: UInt16.self), Self.mayBeSent(code),
            String(validating: payload.readableBytesView, as: UTF8.self) != nil
        else { return .violation(.frameInvalid) }
        return .close(code: code)
    }

    /// RFC 6455 §7.4: some codes are no codes on the wire.
    private static func mayBeSent(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
