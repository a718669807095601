"""The schema of the file, and how an older file is brought up to it: an SQL file for each version, never changed."""

import sqlite3
from collections.abc import Iterator
from typing import Final

from worker.queues.sqlite.statements import statement

#: ``PRAGMA application_id`` of our databases: the letters PFLT.
APPLICATION_ID: Final = 0x50464C54

#: The n-th takes a file from version n - 1 to version n; a new file goes through them all.
_STEPS: Final = ("create_schema", "extend_schema", "remember_settlements", "index_deliveries")

#: ``PRAGMA user_version``: grows with every change that an older Preflight cannot work with.
SCHEMA_VERSION: Final = len(_STEPS)


def bring_up(connection: sqlite3.Connection) -> None:
    """Take a file to the present version in one transaction; where another process does so too, one of them does."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        for name in _STEPS[version:]:
            for command in _commands(statement(name)):
                connection.execute(command)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {max(version, SCHEMA_VERSION)}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _commands(script: str) -> Iterator[str]:
    """A script's commands, one by one: SQLite's own way to run a script would commit what was begun."""
    command = ""
    for line in script.splitlines():
        command += line + "\n"
        if sqlite3.complete_statement(command):
            yield command
            command = ""
