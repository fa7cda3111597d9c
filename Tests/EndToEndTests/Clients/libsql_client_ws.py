"""The pure-Python client `libsql-client` over a WebSocket against one tenant."""
import asyncio
import sys

import libsql_client


async def main(url: str) -> None:
    async with libsql_client.create_client(url) as client:
        await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)")
        result = await client.execute("INSERT INTO t (v) VALUES (?)", ["one"])
        assert result.rows_affected == 1 and result.last_insert_rowid == 1, result
        results = await client.batch([
            libsql_client.Statement("INSERT INTO t (v) VALUES (:v)", {"v": 2.5}),
            libsql_client.Statement("INSERT INTO t (v) VALUES (?)", [b"\x00\xff"]),
            libsql_client.Statement("SELECT v FROM t ORDER BY id"),
        ])
        assert [row["v"] for row in results[2].rows] == ["one", 2.5, b"\x00\xff"], results[2].rows

        # A batch is one transaction: what fails takes all of it along.
        try:
            await client.batch(["INSERT INTO t (v) VALUES ('lost')", "INSERT INTO t (id) VALUES (1)"])
            raise SystemExit("a duplicate key was accepted")
        except libsql_client.LibsqlError as error:
            assert "UNIQUE" in str(error), error
        count = await client.execute("SELECT count(*) FROM t")
        assert count.rows[0][0] == 3, count.rows

        try:
            await client.execute("SELEC 1")
            raise SystemExit("nonsense was accepted")
        except libsql_client.LibsqlError as error:
            assert "syntax error" in str(error) and error.code == "SQL_PARSE_ERROR", (error, error.code)

        # A transaction keeps its stream, beside others of the same connection.
        transaction = client.transaction()
        await transaction.execute("INSERT INTO t (v) VALUES ('kept')")
        assert (await transaction.execute("SELECT count(*) FROM t")).rows[0][0] == 4
        assert (await client.execute("SELECT count(*) FROM t")).rows[0][0] == 3
        await transaction.commit()
        transaction = client.transaction()
        await transaction.execute("DELETE FROM t")
        await transaction.rollback()
        assert (await client.execute("SELECT count(*) FROM t")).rows[0][0] == 4

        # Many at once, on one connection.
        await asyncio.gather(*[client.execute("INSERT INTO t (v) VALUES (?)", [i]) for i in range(100)])
        total = await client.execute("SELECT count(*), sum(v) FROM t WHERE typeof(v) = 'integer'")
        assert tuple(total.rows[0]) == (100, 4950), total.rows

        # Larger than one frame of the kernel's, both ways.
        text = "x" * 3_000_000
        assert (await client.execute("SELECT ?", [text])).rows[0][0] == text
    print("ok")


asyncio.run(main(sys.argv[1]))
