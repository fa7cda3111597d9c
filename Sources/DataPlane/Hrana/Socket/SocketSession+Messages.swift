import Hrana

/// What clients send.
extension SocketSession {
    /// - Parameter bytes: of the message as it came.
    mutating func received(_ message: SocketMessage, bytes: Int) {
        guard phase != .over else { return }
        pending += 1
        pendingBytes += bytes
        switch phase {
        case .over: break
        case .greeting: held.append((message, bytes))
        case .silent:
            guard case .hello = message else {
                return close(SocketClose(1008, "The first message must be a hello"))
            }
            take(message, bytes)
        case .ready: take(message, bytes)
        }
    }

    /// The hello's answer. Requests that came meanwhile go on.
    ///
    /// - Parameter error: nil if the client may go on.
    mutating func greeted(_ error: HranaError?) {
        guard phase == .greeting else { return }
        if let error {
            act(.helloError(error))
            return close(SocketClose(1008, "The hello was refused"))
        }
        act(.helloOK)
        phase = .ready
        let waiting = held
        held = []
        for (message, bytes) in waiting {
            switch phase {
            case .ready: take(message, bytes)
            case .greeting: held.append((message, bytes))
            case .silent, .over: return
            }
        }
        settleQuiescence()
    }

    mutating func take(_ message: SocketMessage, _ bytes: Int) {
        switch message {
        case .hello(let token):
            pending -= 1
            pendingBytes -= bytes
            if phase == .ready && version == .one {
                return close(SocketClose(1008, "Version 1 of the protocol has one hello"))
            }
            phase = .greeting
            act(.greet(token: token))
        case .request(let id, let request): take(Asked(id: id, bytes: bytes), request)
        }
    }

    mutating func take(_ asked: Asked, _ request: SocketRequest) {
        switch request {
        case .openStream(let id): openStream(id, asked)
        case .closeStream(let id): closeStream(id, asked)
        case .onStream(let id, let request): run(request, on: id, asked)
        case .storeSQL(let id, let sql): store(sql, as: id, asked)
        case .closeSQL(let id):
            texts.remove(id)
            answer(asked, .closeSQL)
        case .openCursor(let id, let stream, let batch): openCursor(id, on: stream, batch, asked)
        case .closeCursor(let id): closeCursor(id, asked)
        case .fetchCursor(let id, let count): fetch(id, Int(count), asked)
        }
    }

    mutating func openStream(_ id: Int32, _ asked: Asked) {
        guard streamKeys[id] == nil, !refusedStreams.contains(id) else {
            return close(SocketClose(1008, "There is already a stream with this stream_id"))
        }
        guard streams.count < limits.streams else {
            guard refusedStreams.count < limits.refused else {
                return close(SocketClose(1008, "Too many streams were opened"))
            }
            refusedStreams.insert(id)
            return fail(asked, .tooManyStreams)
        }
        let key = makeKey()
        streams[key] = Stream()
        streamKeys[id] = key
        answer(asked, .openStream)
    }

    /// The number may be used again at once; what was asked before is run first.
    mutating func closeStream(_ id: Int32, _ asked: Asked) {
        if refusedStreams.remove(id) != nil { return answer(asked, .closeStream) }
        guard let key = streamKeys.removeValue(forKey: id) else { return unknownStream() }
        streams[key]?.steps.append(.close(asked))
        advance(key)
    }

    mutating func run(_ request: StreamRequest, on id: Int32, _ asked: Asked) {
        if refusedStreams.contains(id) { return fail(asked, .streamNotOpen) }
        guard let key = streamKeys[id] else { return unknownStream() }
        do throws(SocketTexts.Fault) {
            let (whole, counted) = try resolve(asked) { texts, left throws(SocketTexts.Fault) in
                try texts.resolve(request, &left)
            }
            streams[key]?.steps.append(.run(counted, whole))
            advance(key)
        } catch {
            unknownText(error, asked)
        }
    }

    mutating func store(_ sql: String, as id: Int32, _ asked: Asked) {
        switch texts.store(sql, as: id, limits) {
        case .stored: answer(asked, .storeSQL)
        case .refused(let error): fail(asked, error)
        case .repeated: close(SocketClose(1008, "There is already an SQL text with this sql_id"))
        }
    }

    /// Puts stored texts into what is asked; they count like what came with it.
    mutating func resolve<Resolved>(
        _ asked: Asked, _ put: (SocketTexts, inout Int) throws(SocketTexts.Fault) -> Resolved
    ) throws(SocketTexts.Fault) -> (Resolved, Asked) {
        let most = max(0, min(limits.textsInRequest, limits.messageBytes - asked.bytes))
        var left = most
        let resolved = try put(texts, &left)
        var asked = asked
        asked.bytes += most - left
        pendingBytes += most - left
        return (resolved, asked)
    }

    mutating func unknownText(_ fault: SocketTexts.Fault, _ asked: Asked) {
        switch fault {
        case .unknown: close(SocketClose(1008, "There is no SQL text with this sql_id"))
        case .refused:
            fail(asked, HranaError("The SQL text was not stored", code: StatementFailure.OwnCode.unknownStoredText))
        case .tooLarge:
            fail(
                asked,
                HranaError(
                    "The stored SQL texts that a request names have at most \(limits.textsInRequest) bytes together, "
                        + "and \(limits.messageBytes) with the request itself", code: HranaErrorCode.storeTooLarge))
        }
    }

    mutating func unknownStream() { close(SocketClose(1008, "There is no stream with this stream_id")) }
}
