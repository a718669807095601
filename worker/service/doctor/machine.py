"""What the machine allows: open files, room for results, and a folder for prepared contracts."""

import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from worker.contract.cache import default_folder, is_ours_alone
from worker.finding import Finding
from worker.queues.disk import room
from worker.service.program import most_files
from worker.settings import Settings

_MIB: Final = 2**20
_OWN_FILES: Final = 64  # the interpreter's, the log's, the store's connections
_LARGE_BYTES: Final = 1024 * _MIB  # hundreds of contracts


def examine(settings: Settings, environ: Mapping[str, str]) -> list[Finding]:
    """What this machine has to say to these settings."""
    here = Path.cwd()
    return [
        open_files(sum(api.connections for api in settings.apis.values()) + _OWN_FILES, most_files()),
        room("results space", here, shutil.disk_usage(here).free),
        cache(default_folder(environ)),
    ]


def open_files(needed: int, most: int | None) -> Finding:
    """Whether a process may open as many files as it needs: every connection is one."""
    check, detail = "open files", f"a worker process may need {needed:,}"
    if most is None:
        return Finding("ok", check, f"{detail}; there is no limit")
    if needed > most:
        remedy = f"raise the hard limit (`ulimit -Hn {needed}`, LimitNOFILE= of systemd), or lower concurrency"
        return Finding("problem", check, f"{detail}, and may have {most:,}", remedy)
    return Finding("ok", check, f"{detail} of {most:,}")


def cache(folder: Path) -> Finding:
    """Whether prepared contracts can be kept, and how much they weigh."""
    check = "contract cache"
    if not folder.exists():
        return _unmade(check, folder)
    if not folder.is_dir() or not is_ours_alone(folder):
        detail = f"{folder} is not this user's alone, and not used: contracts are prepared anew at every start"
        return Finding("warning", check, detail, f"chmod 700 {folder}, or name another one in PREFLIGHT_CACHE_DIR")
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding("warning", check, f"{folder} cannot be written to", f"chmod 700 {folder}")
    found = [entry.stat() for entry in folder.iterdir()]
    size_bytes = sum(one.st_size for one in found if stat.S_ISREG(one.st_mode))
    detail = f"{folder} holds {size_bytes / _MIB:,.1f} MiB"
    if size_bytes > _LARGE_BYTES:
        return Finding("warning", check, detail, f"remove {folder}: what is needed is made again")
    return Finding("ok", check, detail)


def _unmade(check: str, folder: Path) -> Finding:
    above = next(parent for parent in folder.absolute().parents if parent.exists())
    if above.is_dir() and os.access(above, os.W_OK | os.X_OK):
        return Finding("ok", check, f"{folder} is made when it is needed")
    remedy = "name a folder of your own in PREFLIGHT_CACHE_DIR"
    return Finding("warning", check, f"{folder} cannot be made: contracts are prepared anew at every start", remedy)
