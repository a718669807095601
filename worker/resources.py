"""Finds the files that travel with Preflight: ``schemas/`` and ``config/`` of this repository.

In a checkout they stand at the top level, where people look for them; in an installed package they are inside of it.
"""

from pathlib import Path
from typing import Final

from worker.errors import PreflightError

_PACKAGE: Final = Path(__file__).parent
_ROOTS: Final = (_PACKAGE / "_shipped", _PACKAGE.parent)


def path(name: str) -> Path:
    """The file or folder of this name, e.g. ``schemas/job.schema.json``.

    Raises:
        PreflightError: the installation is not whole.
    """
    for root in _ROOTS:
        if (found := root / name).exists():
            return found
    raise PreflightError(f"{name} is not part of this installation: install preflight-worker again")
