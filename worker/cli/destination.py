"""Where an export goes: standard output, or a file that is there only when it is whole."""

import contextlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from worker.errors import UsageError


@contextmanager
def destination(output: Path | None) -> Iterator[BinaryIO]:
    """Where an export goes: standard output, or a file that appears under its name only when it is whole.

    Raises:
        UsageError: the file cannot be written; what stood there before still does.
    """
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        if output.exists() and not output.is_file():  # /dev/null, a pipe: nothing to move into place
            with output.open("wb") as out:
                yield out
            return
        target = output.resolve()
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        with _removed_unless_moved(part):
            with part.open("xb") as out:
                yield out
            part.replace(target)
    except OSError as error:
        raise UsageError(f"{output}: cannot be written ({error.strerror or error}); choose another --output") from error


@contextmanager
def _removed_unless_moved(part: Path) -> Iterator[None]:
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
