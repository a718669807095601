"""What kind of disk a file is on, and whether there is room left."""

import re
from pathlib import Path
from typing import Final

from worker.finding import Finding

#: File systems over a network: several machines do not share SQLite's memory there, and locks often do not hold.
_NETWORK: Final = re.compile(
    r"9p|afs|ceph|cifs|glusterfs|gpfs|lustre|ncpfs|nfs4?|smb3|smbfs|virtiofs|fuse\.(ceph|gcsfuse|glusterfs|rclone|s3fs|sshfs)"
)
_MIB: Final = 2**20
_SPARE_BYTES: Final = 256 * _MIB  # for the jobs of some minutes
_LAST_BYTES: Final = 32 * _MIB  # two checkpoints of the write-ahead log: soon nothing can be written any more


def local(path: Path, mounts: str) -> Finding:
    """Whether a file is on a disk of this machine.

    Args:
        path: absolute, without links.
        mounts: what ``/proc/mounts`` says.
    """
    places = [line.split() for line in mounts.splitlines() if line]
    over = [(Path(where.replace("\\040", " ")), kind) for _, where, kind, *_ in places]
    where, kind = max(
        (one for one in over if path.is_relative_to(one[0])),
        key=lambda one: len(one[0].parts),
        default=(Path(path.anchor), "unknown"),
    )
    if _NETWORK.fullmatch(kind):
        detail = f"{where} is a network disk ({kind}), on which SQLite can damage its file"
        return Finding("problem", "queue disk", detail, "put the file on a local disk, or use PostgreSQL or Valkey")
    return Finding("ok", "queue disk", f"{where} is local ({kind})")


def room(check: str, folder: Path, free_bytes: int, used_bytes: int = 0) -> Finding:
    """Whether what is written to a folder, now ``used_bytes``, can grow."""
    detail = f"{free_bytes / _MIB:,.0f} MiB are free in {folder}"
    if free_bytes < _LAST_BYTES:
        return Finding("problem", check, detail, "free space: soon nothing can be written there")
    if free_bytes < max(used_bytes, _SPARE_BYTES):
        detail += f", for what is {used_bytes / _MIB:,.0f} MiB now" if used_bytes else ""
        return Finding("warning", check, detail, "free space, or set queue.retention")
    return Finding("ok", check, detail)
