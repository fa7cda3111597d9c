"""Hrana on a WebSocket, frame by frame: `hrana3` and `hrana3-protobuf`, cursors with rows larger than any buffer on their
way, cursors that are left, and two tenants side by side. Arguments: host:port and the keys of two tenants."""
import base64
import json
import os
import socket
import struct
import sys


def varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def fields(data):
    at, out = 0, []

    def read():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while at < len(data):
        tag = read()
        if tag & 7 == 1:
            out.append((tag >> 3, struct.unpack("<d", data[at:at + 8])[0]))
            at += 8
            continue
        value = read()
        if tag & 7 == 2:
            length, value = value, data[at:at + value]
            assert len(value) == length, "a field is cut off"
            at += length
        out.append((tag >> 3, value))
    return out


def one(data, *path):
    for number in path:
        data, = [value for found, value in fields(data) if found == number]
    return data


class Frames:
    """One connection; a message is whole, and waited for 20 seconds at most."""

    def __init__(self, place, tenant, protocol):
        host, port = place.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), 20)
        self.data = b""
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /t/{tenant} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: {protocol}\r\n\r\n".encode())
        while b"\r\n\r\n" not in self.data:
            self.more()
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        assert b" 101 " in head and protocol.encode() in head, head

    def more(self):
        data = self.socket.recv(1 << 16)
        assert data, "the connection ended"
        self.data += data

    def take(self, count):
        while len(self.data) < count:
            self.more()
        data, self.data = self.data[:count], self.data[count:]
        return data

    def send(self, opcode, payload):
        length = len(payload)
        size = bytes([0x80 | length]) if length < 126 else (
            b"\xFE" + struct.pack(">H", length) if length < 65536 else b"\xFF" + struct.pack(">Q", length))
        self.socket.sendall(bytes([0x80 | opcode]) + size + bytes(4) + payload)

    def message(self):
        opcode, length = self.take(2)
        if length == 126:
            length, = struct.unpack(">H", self.take(2))
        elif length == 127:
            length, = struct.unpack(">Q", self.take(8))
        payload = self.take(length)
        if opcode == 0x89:
            self.send(10, payload)
            return self.message()
        assert opcode in (0x81, 0x82), (opcode, payload)
        return payload


class JSON:
    def __init__(self, place, tenant):
        self.frames = Frames(place, tenant, "hrana3")
        self.frames.send(1, b'{"type":"hello","jwt":null}')
        assert json.loads(self.frames.message())["type"] == "hello_ok"

    def ask(self, kind, **fields):
        body = {"type": "request", "request_id": 7, "request": {"type": kind, **fields}}
        self.frames.send(1, json.dumps(body).encode())
        answer = json.loads(self.frames.message())
        assert answer["type"] == "response_ok" and answer["request_id"] == 7, answer
        return answer["response"]

    def open(self, stream):
        self.ask("open_stream", stream_id=stream)

    def close(self, stream):
        self.ask("close_stream", stream_id=stream)

    def execute(self, stream, sql):
        """The rows, each a list of texts."""
        result = self.ask("execute", stream_id=stream, stmt={"sql": sql})["result"]
        return [[value.get("value") for value in row] for row in result["rows"]]

    def open_cursor(self, stream, cursor, sql):
        self.ask("open_cursor", stream_id=stream, cursor_id=cursor, batch={"steps": [{"stmt": {"sql": sql}}]})

    def close_cursor(self, cursor):
        self.ask("close_cursor", cursor_id=cursor)

    def fetch(self, cursor, count):
        """Rows, and whether they were the last."""
        answer = self.ask("fetch_cursor", cursor_id=cursor, max_count=count)
        entries = answer["entries"]
        assert all(entry["type"] in ("row", "step_begin", "step_end") for entry in entries), entries
        rows = [[value["value"] for value in entry["row"]] for entry in entries if entry["type"] == "row"]
        return rows, answer["done"]


class Protobuf:
    KINDS = {"open_stream": 2, "close_stream": 3, "execute": 4, "open_cursor": 6, "close_cursor": 7, "fetch_cursor": 8}

    def __init__(self, place, tenant):
        self.frames = Frames(place, tenant, "hrana3-protobuf")
        self.frames.send(2, field(1, b""))
        assert self.frames.message() == field(1, b"")

    def ask(self, kind, *values):
        number = self.KINDS[kind]
        body = b"".join(field(index + 1, value) for index, value in enumerate(values))
        self.frames.send(2, field(2, field(1, 7) + field(number, body)))
        answer = self.frames.message()
        assert fields(answer)[0][0] == 3 and one(answer, 3, 1) == 7, answer[:200]
        return one(answer, 3, number)

    def open(self, stream):
        self.ask("open_stream", stream)

    def close(self, stream):
        self.ask("close_stream", stream)

    @staticmethod
    def text(value):
        (number, inner), = fields(value)
        if number == 2:
            return str(inner >> 1 ^ -(inner & 1))
        assert number == 4, (number, inner)
        return inner.decode()

    def row(self, data):
        return [self.text(value) for number, value in fields(data) if number == 1]

    def execute(self, stream, sql):
        answer = self.ask("execute", stream, field(1, sql) + field(5, 1))
        return [self.row(value) for number, value in fields(one(answer, 1)) if number == 2]

    def open_cursor(self, stream, cursor, sql):
        self.ask("open_cursor", stream, cursor, field(1, field(2, field(1, sql) + field(5, 1))))

    def close_cursor(self, cursor):
        self.ask("close_cursor", cursor)

    def fetch(self, cursor, count):
        rows, done = [], False
        for number, value in fields(self.ask("fetch_cursor", cursor, count)):
            if number == 2:
                done = bool(value)
                continue
            (kind, inner), = fields(value)
            assert kind in (1, 2, 4), (kind, inner[:200])
            if kind == 4:
                rows.append(self.row(inner))
        return rows, done


def numbers(count, columns):
    return f"WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) SELECT {columns} FROM n"


def read(client, cursor, count):
    rows, done = [], False
    while not done:
        more, done = client.fetch(cursor, count)
        rows += more
    return rows


def cursors(client):
    client.open(1)
    # Rows far below, about, and far beyond what is under way at once.
    for count, size in [(40_000, 5), (60, 15_000), (20, 50_000), (8, 300_000), (1, 1_500_000)]:
        for at_once in (1_000_000, 3):
            if at_once == 3 and count > 100:
                continue
            client.open_cursor(1, 1, numbers(count, f"i, hex(zeroblob({size}))"))
            rows = read(client, 1, at_once)
            assert [row[0] for row in rows] == [str(i + 1) for i in range(count)], (count, size, len(rows))
            assert all(row[1] == "00" * size for row in rows), (count, size)
            client.close_cursor(1)
    # One that is left in the middle of a row: the stream goes on, and what is open on it.
    client.execute(1, "CREATE TABLE IF NOT EXISTS c (v)")
    client.execute(1, "BEGIN")
    client.execute(1, "INSERT INTO c VALUES (1)")
    for cursor in (2, 3):
        client.open_cursor(1, cursor, numbers(50, "i, hex(zeroblob(100000))"))
        rows = []
        while not rows:
            rows = client.fetch(cursor, 2)[0]
        assert rows[0][0] == "1"
        client.close_cursor(cursor)
    client.execute(1, "COMMIT")
    assert client.execute(1, "SELECT count(*) FROM c") == [["1"]]
    client.execute(1, "DROP TABLE c")
    client.open_cursor(1, 4, numbers(50, "i, hex(zeroblob(100000))"))
    client.fetch(4, 2)
    client.close(1)


def crossed(first, second):
    """The same numbers on both; each has its own tenant's data and transaction."""
    both = [(first, "1"), (second, "2")]
    for client, _ in both:
        client.open(5)
        client.execute(5, "CREATE TABLE x (v)")
        client.execute(5, "BEGIN IMMEDIATE")
    for client, value in both:
        client.execute(5, f"INSERT INTO x VALUES ({value})")
    for client, value in both:
        client.open_cursor(5, 6, numbers(30, f"i, {value}, hex(zeroblob(20000))"))
    for client, value in both:
        assert {row[1] for row in read(client, 6, 4)} == {value}
        client.close_cursor(6)
    first.execute(5, "ROLLBACK")
    second.execute(5, "COMMIT")
    assert first.execute(5, "SELECT v FROM x") == [] and second.execute(5, "SELECT v FROM x") == [["2"]]
    for client, _ in both:
        client.execute(5, "DROP TABLE x")
        client.close(5)


def main(place, one_tenant, other):
    for make in (JSON, Protobuf):
        cursors(make(place, one_tenant))
        crossed(make(place, one_tenant), make(place, other))
    crossed(JSON(place, one_tenant), Protobuf(place, other))
    print("ok")


main(*sys.argv[1:])
