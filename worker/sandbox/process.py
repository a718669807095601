"""A sandbox as a process of its own: from its command line to its last signal."""

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import orjson

from worker import resources
from worker.sandbox import behaviour, server
from worker.sandbox.behaviour import Behaviour
from worker.sandbox.contract import Contract
from worker.sandbox.sandbox import Sandbox

try:
    import uvloop
except ImportError:  # there is none for Windows
    _new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
else:
    _new_loop = uvloop.new_event_loop

_DEMO_CONTRACT: Final = "schemas/demo.openapi.yaml"
_BEHAVIOURS: Final = "config/sandbox"


def contract_at(path: Path | None) -> Contract:
    """The contract in a file; without one, that of the demo."""
    return Contract.read(path or resources.path(_DEMO_CONTRACT))


def behaviour_at(path: Path | None) -> Behaviour:
    """The behaviour in a file, or that of ours that has this name (``demo``); without one, no misbehaviour at all."""
    if path is None:
        return Behaviour()
    if not path.suffix and path.name == str(path) and not path.exists():
        ours = resources.path(_BEHAVIOURS) / f"{path}.toml"
        path = ours if ours.exists() else path
    return behaviour.read(path)


def run(sandbox: Sandbox, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM, on uvloop where there is one.

    Raises:
        UsageError: the address cannot be listened on.
    """
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(_serve(sandbox, host, port))


async def _serve(sandbox: Sandbox, host: str, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    running = await server.serve(sandbox, host, port)
    sys.stderr.writelines(f"{note}\n" for note in sandbox.contract.notes)
    sys.stderr.write(f"{len(sandbox.contract.operations)} operations at {running.url}; Ctrl-C ends it\n")
    sys.stdout.write(orjson.dumps({"url": running.url}).decode() + "\n")
    sys.stdout.flush()  # another process waits for this line
    await stop.wait()
    await running.close()
