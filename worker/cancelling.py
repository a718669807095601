"""Ends tasks, whatever they are waiting for."""

import asyncio
from collections.abc import Collection, Coroutine
from typing import Any, Final

#: How long a task may take to clean up before it is told again.
_AGAIN_S: Final = 0.25


async def ended(tasks: Collection[asyncio.Task[Any]]) -> BaseException | None:
    """Cancel tasks until all have ended; the first failure among them, if there is any.

    Once is not enough: where a connection breaks at that moment, the client's clean-up may raise its own error in place
    of the cancellation, and whoever outlasts such errors would go on.
    """
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=_AGAIN_S)
    failures = (task.exception() for task in tasks if not task.cancelled())
    return next((failure for failure in failures if failure is not None), None)


async def first(*work: Coroutine[Any, Any, Any]) -> None:
    """Wait until one has ended, and end the others.

    Raises:
        BaseException: what one of them raised.
    """
    tasks = [asyncio.create_task(one) for one in work]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        failure = await ended(tasks)
    if failure is not None:
        raise failure
