"""`libsql-client` on one WebSocket, inserting without a pause while its tenant moves from node to node."""
import asyncio
import sys
import time

import libsql_client


async def main(url: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    written = 0
    async with libsql_client.create_client(url) as client:
        await client.execute("CREATE TABLE m (v INTEGER PRIMARY KEY)")
        while time.monotonic() < until:
            if written % 3 == 0:
                await client.execute("INSERT INTO m VALUES (?)", [written])
            elif written % 3 == 1:
                await client.batch([libsql_client.Statement("INSERT INTO m VALUES (?)", [written]), "SELECT 1"])
            else:
                transaction = client.transaction()
                await transaction.execute("INSERT INTO m VALUES (?)", [written])
                await transaction.commit()
            written += 1
        rows = await client.execute("SELECT count(*), max(v) FROM m")
        assert tuple(rows.rows[0]) == (written, written - 1), (rows.rows, written)
    print(written)


asyncio.run(main(sys.argv[1], float(sys.argv[2])))
