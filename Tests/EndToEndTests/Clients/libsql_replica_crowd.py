"""Several replicas of one tenant beside a writer that moves money: each sees sums that are whole, after each sync.

    libsql_replica_crowd.py URL FOLDER
"""

import json
import sys
import threading
import urllib.request

import libsql

url, folder = sys.argv[1:]
ACCOUNTS, ROUNDS, REPLICAS = 200, 25, 4
failures = []
stop = threading.Event()


def query(body):
    request = urllib.request.Request(url + "/query", json.dumps(body).encode())
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def write():
    step = 0
    while not stop.is_set():
        step += 1
        a, b = step * 37 % ACCOUNTS, step * 91 % ACCOUNTS
        moves = [("UPDATE money SET sum = sum - 1 WHERE id = ?", a), ("UPDATE money SET sum = sum + 1 WHERE id = ?", b)]
        count = ("UPDATE steps SET n = n + 1", None)
        query({"statements": [{"sql": s, "args": [] if v is None else [v]} for s, v in [*moves, count]]})
        if step % 40 == 0:
            query({"sql": f"CREATE TABLE extra{step} (a, b)"})


def follow(number):
    try:
        replica = libsql.connect(f"{folder}/crowd{number}", sync_url=url, auth_token="none")
        newest = -1
        for _ in range(ROUNDS):
            replica.sync()
            total, steps = replica.execute("SELECT (SELECT sum(sum) FROM money), n FROM steps").fetchone()
            assert total == ACCOUNTS * 100, total
            assert steps >= newest, (steps, newest)
            newest = steps
    except BaseException as error:
        failures.append(repr(error))


query({"sql": "CREATE TABLE money (id INTEGER PRIMARY KEY, sum, padding)"})
query({"sql": "CREATE TABLE steps (n)"})
query({"sql": "INSERT INTO steps VALUES (0)"})
query({"sql": f"WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < {ACCOUNTS - 1}) "
              "INSERT INTO money SELECT i, 100, randomblob(500) FROM c"})
writer = threading.Thread(target=write)
crowd = [threading.Thread(target=follow, args=(number,)) for number in range(REPLICAS)]
writer.start()
for thread in crowd:
    thread.start()
for thread in crowd:
    thread.join()
stop.set()
writer.join()
assert not failures, failures
