"""Prints the id and the private key by which a stopped node's catalog signs tenants' tokens."""
import pathlib
import sqlite3
import sys

for path in pathlib.Path(sys.argv[1], "tenants").rglob("*.sqlite"):
    catalog = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    if catalog.execute("SELECT 1 FROM sqlite_schema WHERE name = 'signing_keys'").fetchone():
        kid, key = catalog.execute("SELECT kid, CAST(private_key AS TEXT) FROM signing_keys").fetchone()
        print(kid, key)
