"""Run a server until whoever asked for it ends, in whatever way: then it ends too, and its folder is removed.

Whoever asks holds the other end of standard input, which closes with that process, also when it is killed.
"""

import argparse
import os
import shutil
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

_LOOK_S: Final = 0.002


def main() -> None:
    """Start it, say its process id, and end with it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--user", help="that the server runs as, where not as ours")
    parser.add_argument("folder", type=Path, help="in which it writes")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    with (asked.folder / "server.log").open("ab") as log:
        server = subprocess.Popen(
            asked.command,
            cwd=asked.folder,
            user=asked.user,
            extra_groups=[] if asked.user else None,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    print(server.pid, flush=True)  # noqa: T201 - this is the answer
    abandoned = threading.Event()
    threading.Thread(target=_end_with, args=(server, abandoned), daemon=True).start()
    sys.stdin.buffer.read()
    abandoned.set()
    kill(server.pid)
    shutil.rmtree(asked.folder, ignore_errors=True)


def kill(pid: int) -> None:
    """End a process and all of its children at once, as a power cut would, and wait until they are gone."""
    family = []
    with suppress(psutil.NoSuchProcess):
        server = psutil.Process(pid)
        server.suspend()  # so that it neither starts a child nor mourns one meanwhile
        family = [*server.children(recursive=True), server]
    for process in family:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    pause = threading.Event()
    while not all(_over(process) for process in family):
        pause.wait(_LOOK_S)


def _over(process: psutil.Process) -> bool:
    """Whether it is dead; not whether somebody has taken note of it, for which the system may take a second."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _end_with(server: "subprocess.Popen[bytes]", abandoned: threading.Event) -> None:
    server.wait()
    if not abandoned.is_set():
        os._exit(0)


if __name__ == "__main__":
    main()
