"""What a program of ours runs on: the event loop, the clock, and an interpreter that is set up for this work."""

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

from worker.clock import SystemClock
from worker.ports import Clock

T = TypeVar("T")

_SWITCH_S: Final = 0.00002  # seconds; with the default of 5 ms a busy loop lets the store do 3,000 jobs/s, so 15,000
_FILES: Final = 65_536  # open at once, at the most: connections, mostly


def tune() -> None:
    """Set the interpreter up for this work.

    Jobs are trees of dicts that reference counting frees by itself: looking for cycles among them every 700 objects
    costs a third of the time of ``submit`` and finds nothing. And SQLite's thread must not wait 5 ms for each turn
    while the event loop is busy.
    """
    sys.setswitchinterval(_SWITCH_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    _allow_files()


def _allow_files() -> None:
    """Allow as many open files as this process may have: many systems start one with 1,024, or with 256."""
    most = most_files()
    if most is None:
        return
    import resource  # noqa: PLC0415 - Windows has none

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(ValueError, OSError):  # macOS says that there is no limit, and has one
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def most_files() -> int | None:
    """How many files this process may have open once it has asked for them; None where there is no limit."""
    try:
        import resource  # noqa: PLC0415 - Windows has none, and no such limit
    except ImportError:
        return None
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)


def run_async(main: Callable[[], Awaitable[T]]) -> T:
    """Run a program to its end, on uvloop where there is one (not on Windows)."""

    async def body() -> T:
        return await main()

    try:
        import uvloop  # noqa: PLC0415 - only some platforms have it
    except ImportError:
        return asyncio.run(body())
    return uvloop.run(body())


def system_clock() -> Clock:
    """The clock of a running program."""
    return SystemClock()
