"""A small disk of its own, in memory, that a test fills up and clears again; only where we may mount one."""

import os
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

_PIECE: Final = 65_536  # bytes


class SmallDisk:
    """A disk with room for a server and little else, from ``__enter__`` to ``__exit__``.

    Attributes:
        folder: where it is mounted, for any user to write to.
    """

    def __init__(self, mebibytes: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="preflight-disk-"))
        self._ballast = self.folder / "ballast"
        self._mebibytes = mebibytes

    def __enter__(self) -> Self:
        try:
            _run("mount", "-t", "tmpfs", "-o", f"size={self._mebibytes}m,mode=1777", "tmpfs", str(self.folder))
        except (OSError, subprocess.CalledProcessError):
            self.folder.rmdir()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        _run("umount", "--lazy", str(self.folder))
        self.folder.rmdir()

    def fill(self) -> None:
        """Leave no room on it."""
        with self._ballast.open("wb", buffering=0) as file, suppress(OSError):
            while os.write(file.fileno(), bytes(_PIECE)):
                pass

    def clear(self) -> None:
        """Make room again."""
        self._ballast.unlink()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
