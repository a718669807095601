"""What kind of file a path names, found out from its first bytes, so that no other program's file is ever touched."""

import os
import struct
from pathlib import Path
from typing import Final

from worker.errors import StoreError
from worker.queues.sqlite.schema import APPLICATION_ID, SCHEMA_VERSION

#: https://www.sqlite.org/fileformat2.html#the_database_header
_MAGIC: Final = b"SQLite format 3\0"
_HEADER_BYTES: Final = 100
_VERSION_AT: Final = 60
_APPLICATION_AT: Final = 68


def prepare(path: Path) -> None:
    """Make an empty file, readable by its owner only, where there is none; refuse a file that is not ours.

    Raises:
        StoreError: the file is no database, another program's, or a newer Preflight's. It is left as it was.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # it will hold people's request bodies
    except FileExistsError:
        version_of(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be made ({error.strerror}): its folder must exist and be yours") from error


def version_of(path: Path) -> int | None:
    """The schema of a file that nobody in this process has open; None where nothing was written to it yet.

    Raises:
        StoreError: the file is no database, another program's, or a newer Preflight's.
    """
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror}): name a file that is yours") from error
    if not header:
        return None
    if not header.startswith(_MAGIC) or len(header) < _HEADER_BYTES:
        raise StoreError(f"{path} is not a database: name another file in queue.url, or move this one away")
    (application,) = struct.unpack_from(">I", header, _APPLICATION_AT)
    (version,) = struct.unpack_from(">I", header, _VERSION_AT)
    if application != APPLICATION_ID:
        raise StoreError(f"{path} is another program's database: name another file in queue.url")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{path} was written by a newer Preflight (schema {version}, this one knows {SCHEMA_VERSION}): upgrade"
        )
    return int(version)
