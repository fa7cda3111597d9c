"""Hrana 3 in Protocol Buffers over HTTP, with an encoder and a decoder of ten lines each."""
import struct
import sys
import urllib.error
import urllib.request


def varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number, value):
    """A message's field: an int as a varint, bytes and text with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields(data):
    """Number and value of each field of a message."""
    at, out = 0, []
    while at < len(data):
        tag, at = read_varint(data, at)
        if tag & 7 == 0:
            value, at = read_varint(data, at)
        elif tag & 7 == 1:
            value, at = struct.unpack("<d", data[at:at + 8])[0], at + 8
        else:
            length, at = read_varint(data, at)
            value, at = data[at:at + length], at + length
        out.append((tag >> 3, value))
    return out


def all_of(data, number):
    return [value for found, value in fields(data) if found == number]


def one(data, *path):
    for number in path:
        data, = all_of(data, number)
    return data


def statement(sql, *values):
    return field(1, sql) + b"".join(field(3, value) for value in values)


def step(sql, condition=None):
    return field(1, (field(1, condition) if condition else b"") + field(2, statement(sql)))


def post(url, body):
    request = urllib.request.Request(url, body, {"content-type": "application/x-protobuf"})
    with urllib.request.urlopen(request) as answer:
        return answer.headers["content-type"], answer.read()


def rows(result):
    return [[fields(value)[0] for value in all_of(row, 1)] for row in all_of(result, 2)]


def main(base):
    with urllib.request.urlopen(base + "v3-protobuf") as probe:
        assert probe.status == 200
    pipeline, cursor = base + "v3-protobuf/pipeline", base + "v3-protobuf/cursor"

    values = [field(2, 6), field(4, "grün"), field(5, b"\x00\xff"), varint(3 << 3 | 1) + struct.pack("<d", 1.5)]
    kind, body = post(pipeline, b"".join([
        field(2, field(4, field(1, "CREATE TABLE t(a, b, c, d); CREATE TABLE u(x UNIQUE)"))),
        field(2, field(2, field(1, statement("INSERT INTO t VALUES (?, ?, ?, ?)", *values)))),
        field(2, field(2, field(1, statement("SELECT *, 9e999, NULL FROM t")))),
        field(2, field(5, field(1, "SELECT :a AS x"))),
        field(2, field(8, b"")),
        field(2, field(2, field(1, statement("SELEC")))),
    ]))
    assert kind == "application/x-protobuf", kind
    results = all_of(body, 3)
    assert len(results) == 6, body
    inserted = one(results[1], 1, 2, 1)
    assert one(inserted, 3) == 1 and one(inserted, 4) == 2, inserted  # sint64: 1 is 2
    selected = one(results[2], 1, 2, 1)
    assert [one(column, 1) for column in all_of(selected, 1)][:4] == [b"a", b"b", b"c", b"d"]
    infinity = float("inf")
    assert rows(selected) == [[(2, 6), (4, "grün".encode()), (5, b"\x00\xff"), (3, 1.5), (3, infinity), (1, b"")]]
    described = one(results[3], 1, 5, 1)
    assert one(described, 1, 1) == b":a" and one(described, 2, 1) == b"x" and one(described, 4) == 1
    assert one(results[4], 1, 8, 1) == 1
    assert one(results[5], 2, 2) == b"SQL_PARSE_ERROR", results[5]

    # A batch: one step fails, one is skipped, one runs; on the stream that the first request opened.
    baton = one(body, 1)
    batch = step("BEGIN") + step("INSERT INTO u VALUES (1)") + step("INSERT INTO u VALUES (1)") \
        + step("SELECT 7", field(1, 2)) + step("SELECT 8", field(2, 2))
    kind, body = post(pipeline, field(1, baton) + field(2, field(3, field(1, batch))))
    result = one(body, 3, 1, 3, 1)
    steps = {one(entry, 1): one(entry, 2) for entry in all_of(result, 1)}
    assert sorted(steps) == [0, 1, 4] and rows(steps[4]) == [[(2, 16)]], result
    errors = {one(entry, 1): one(entry, 2) for entry in all_of(result, 2)}
    assert list(errors) == [2] and one(errors[2], 2) == b"SQLITE_CONSTRAINT", errors

    # In the transaction that the stream is in, a cursor over more than one part; then the end of the stream.
    many = "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i, 'row ' || i FROM n"
    kind, body = post(cursor, field(1, one(body, 1)) + field(2, step(many) + step("SELECT x FROM u")))
    assert kind == "application/octet-stream", kind
    messages, at = [], 0
    while at < len(body):
        length, at = read_varint(body, at)
        messages.append(body[at:at + length])
        at += length
    head, *entries = messages
    kinds = [fields(entry)[0][0] for entry in entries]
    assert kinds == [1] + [4] * 20000 + [2, 1, 4, 2], (len(kinds), kinds[:3], kinds[-5:])
    assert [fields(value)[0] for value in all_of(one(entries[20000], 4), 1)] == [(2, 40000), (4, b"row 20000")]
    kind, body = post(pipeline, field(1, one(head, 1)) + field(2, field(2, field(1, statement("ROLLBACK")))) + field(2, field(1, b"")))
    assert not all_of(body, 1) and len(all_of(body, 3)) == 2, body

    for bad in [b"\x0a\xff", field(2, b""), field(1, "nonsense") + field(2, field(8, b""))]:
        try:
            post(pipeline, bad)
            raise SystemExit(f"{bad!r} was accepted")
        except urllib.error.HTTPError as error:
            assert error.code == 400 and error.headers["content-type"] == "text/plain", error
    print("ok")


main(sys.argv[1])
