"""What a program of ours runs on."""

import subprocess
import sys
from typing import Final

import pytest

resource = pytest.importorskip("resource")

_RAISED: Final = """
import resource
from worker.service.program import tune

_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
tune()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def test_a_program_may_open_as_many_files_as_it_is_ever_allowed() -> None:
    """A shell's soft limit, often 1,024, is less than the connections that ``concurrency`` may ask for."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    ran = subprocess.run([sys.executable, "-c", _RAISED], capture_output=True, text=True, check=True)
    most = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    assert list(map(int, ran.stdout.split())) == [most, hard]
