"""A bare loop: lines of a file into one table with a primary key, 1,000 rows a transaction, fully synced.

Usage: ``python -m benchmarks.peers.submit_loop FILE DATABASE``
"""

import sqlite3
import sys
import time
from itertools import islice
from pathlib import Path

import orjson

_BATCH = 8000  # as many as preflight submit takes


def main(file: Path, database: str) -> float:
    """Rows per second. The ids are cut out of the lines beforehand: only reading and inserting is measured."""
    ids = iter([orjson.loads(line)["id"] for line in file.read_bytes().splitlines()])
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE jobs (id TEXT PRIMARY KEY, payload TEXT NOT NULL)")
    rows = 0
    started = time.perf_counter()
    with file.open("rb") as lines:
        while batch := [(next(ids), line.decode()) for line in islice(lines, _BATCH)]:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO jobs VALUES (?, ?)", batch)
            connection.execute("COMMIT")
            rows += len(batch)
    rate = rows / (time.perf_counter() - started)
    connection.close()
    return rate


if __name__ == "__main__":
    print(orjson.dumps({"per_s": main(Path(sys.argv[1]), sys.argv[2])}).decode())
