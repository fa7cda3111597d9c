"""The native client `libsql` against one tenant: what its users do."""
import sys

import libsql

url = sys.argv[1]
db = libsql.connect(database=url, auth_token=sys.argv[2] if len(sys.argv) > 2 else "")
db.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, score REAL, photo BLOB)")
db.execute("INSERT INTO people (name, score, photo) VALUES (?, ?, ?)", ("Ada", 1.5, b"\x00\x01"))
db.commit()
assert db.execute("SELECT name, score, photo FROM people").fetchall() == [("Ada", 1.5, b"\x00\x01")]

# A transaction that is rolled back leaves nothing.
db.execute("INSERT INTO people (name) VALUES ('Bob')")
db.rollback()
assert db.execute("SELECT count(*) FROM people").fetchone() == (1,)

# Several rows, and more than one cursor chunk.
db.executemany("INSERT INTO people (name, score) VALUES (?, ?)", [(f"p{i}", float(i)) for i in range(200)])
db.commit()
assert db.execute("SELECT count(*), max(score) FROM people").fetchone() == (201, 199.0)
rows = db.execute(
    "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 5000) SELECT i, 'row ' || i FROM c"
).fetchall()
assert len(rows) == 5000 and rows[-1] == (5000, "row 5000"), len(rows)

# Errors are said and harm nothing.
try:
    db.execute("INSERT INTO people (id, name) VALUES (1, 'again')")
    raise SystemExit("a duplicate key was accepted")
except ValueError as error:
    assert "UNIQUE constraint failed: people.id" in str(error), error
db.rollback()
try:
    db.execute("SELECT * FROM nowhere")
    raise SystemExit("a missing table was accepted")
except ValueError as error:
    assert "no such table: nowhere" in str(error), error
assert db.execute("SELECT count(*) FROM people").fetchone() == (201,)

# Two connections see each other's commits, not each other's open work.
other = libsql.connect(database=url, auth_token="")
db.execute("INSERT INTO people (name) VALUES ('open')")
assert other.execute("SELECT count(*) FROM people").fetchone() == (201,)
db.commit()
assert other.execute("SELECT count(*) FROM people").fetchone() == (202,)
print("ok")
