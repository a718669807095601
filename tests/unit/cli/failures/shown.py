"""What a command printed, and a terminal to run one on."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

Run = Callable[..., Result]


def ids(result: Result) -> list[str]:
    """The ids of the records that were printed."""
    return [json.loads(line)["id"] for line in result.stdout.splitlines()]


def on_terminal(config: Path, *arguments: str, answer: str = "", columns: int = 200) -> tuple[int, str]:
    """Run the command on a terminal of its own; its exit code, and all that was shown."""
    terminal, inside = pty.openpty()
    shell = [sys.executable, "-m", "worker", "--config", str(config), "failures", *arguments]
    with subprocess.Popen(
        shell, stdin=inside, stdout=inside, stderr=inside, env={**os.environ, "COLUMNS": str(columns)}
    ) as ran:
        os.close(inside)
        os.write(terminal, answer.encode())
        shown = b""
        try:
            while chunk := os.read(terminal, 4096):
                shown += chunk
        except OSError:  # Linux says EIO when the other side has gone
            pass
    os.close(terminal)
    return ran.returncode, shown.decode()
