"""An embedded replica: unmodified `libsql`, driven by commands.

    libsql_replica.py URL FILE COMMAND…

`sync`, `write SQL`, `rows SQL` (on the replica), `whole` (the file passes SQLite's own check), `same` (its content is the
tenant's), `offline` (from here on with `offline=True`), `again` (connects anew), `fails TEXT` (the last command failed so).
"""

import json
import os
import shutil
import sqlite3
import sys
import tempfile
import urllib.request

import libsql

url, path, *commands = sys.argv[1:]
offline = False
connection = None
failure = None


def connect():
    global connection
    if connection is None:
        options = {"offline": True} if offline else {}
        connection = libsql.connect(path, sync_url=url, auth_token="none", **options)
    return connection


def copied(look):
    """The replica's files as a plain SQLite sees them, which must not touch the originals."""
    with tempfile.TemporaryDirectory() as folder:
        for end in ("", "-wal"):
            if os.path.exists(path + end):
                shutil.copy(path + end, folder + "/r" + end)
        database = sqlite3.connect(folder + "/r")
        try:
            return look(database)
        finally:
            database.close()


def content(database):
    tables = database.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY 1").fetchall()
    return [(name, sql, sorted(map(repr, database.execute(f'SELECT * FROM "{name}"')))) for name, sql in tables]


def tenant():
    with tempfile.TemporaryDirectory() as folder:
        with urllib.request.urlopen(url + "/snapshot") as answer, open(folder + "/t", "wb") as file:
            shutil.copyfileobj(answer, file)
        database = sqlite3.connect(folder + "/t")
        try:
            return content(database)
        finally:
            database.close()


def run(command, argument):
    global connection, offline
    if command == "sync":
        connect().sync()
    elif command == "write":
        connect().execute(argument())
        connect().commit()
    elif command == "rows":
        print(json.dumps(connect().execute(argument()).fetchall()))
    elif command == "whole":
        found = copied(lambda database: database.execute("PRAGMA integrity_check").fetchall())
        assert found == [("ok",)], found
    elif command == "same":
        mine, theirs = copied(content), tenant()
        assert mine == theirs, f"replica {str(mine)[:500]}\ntenant {str(theirs)[:500]}"
    elif command == "again":
        connection = None
    elif command == "offline":
        connection, offline = None, True
    else:
        raise SystemExit(f"unknown command {command}")


rest = iter(commands)
for command in rest:
    if command == "fails":
        expected = next(rest)
        assert failure is not None and expected in str(failure), f"expected {expected!r}, got {failure!r}"
        failure = None
        continue
    if failure is not None:
        raise failure
    try:
        run(command, lambda: next(rest))
    except ValueError as error:
        failure = error
if failure is not None:
    raise failure
