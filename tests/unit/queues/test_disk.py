"""What kind of disk a queue is on, and whether there is room."""

from pathlib import Path
from typing import Final

import pytest

from worker.queues.disk import local, room

_MIB: Final = 2**20
_MOUNTS: Final = """\
overlay / overlay rw,relatime 0 0
server:/export /mnt/shared nfs4 rw,vers=4.2 0 0
/dev/sdb1 /mnt/shared/local ext4 rw 0 0
ada@host:/ /home/ada/far\\040away fuse.sshfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "severity", "said"),
    [
        ("/srv/queue.db", "ok", "/ is local (overlay)"),
        ("/mnt/shared/queue.db", "problem", "/mnt/shared is a network disk (nfs4)"),
        ("/mnt/sharedness/queue.db", "ok", "/ is local (overlay)"),
        ("/mnt/shared/local/queue.db", "ok", "/mnt/shared/local is local (ext4)"),
        ("/home/ada/far away/queue.db", "problem", "/home/ada/far away is a network disk (fuse.sshfs)"),
    ],
)
def test_a_network_disk_is_a_problem(path: str, severity: str, said: str) -> None:
    """The innermost mount counts, also one whose name holds blanks."""
    found = local(Path(path), _MOUNTS)

    assert found.severity == severity
    assert said in found.detail


@pytest.mark.parametrize(
    ("free_mib", "used_mib", "severity"),
    [(10, 0, "problem"), (100, 0, "warning"), (1_000, 0, "ok"), (1_000, 1_001, "warning"), (1_001, 1_000, "ok")],
)
def test_what_is_kept_must_be_able_to_grow(free_mib: int, used_mib: int, severity: str) -> None:
    """At least for a while; a queue must be able to double."""
    assert room("queue space", Path("/srv"), free_mib * _MIB, used_mib * _MIB).severity == severity
