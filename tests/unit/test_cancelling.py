"""Waiting for the first of several."""

import asyncio

import pytest

from worker.cancelling import first
from worker.testing import ManualClock


async def test_all_have_ended_once_the_first_has() -> None:
    """Nothing goes on behind the back of whoever waited."""
    before = asyncio.all_tasks()

    await first(ManualClock().sleep(0), asyncio.Event().wait())

    assert asyncio.all_tasks() == before


async def test_what_the_other_one_raises_on_its_way_out_is_heard() -> None:
    """And is no line of the event loop that nobody can place."""

    async def failing() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ConnectionError("broke")

    with pytest.raises(ConnectionError, match="broke"):
        await first(failing(), ManualClock().sleep(0))


async def test_whoever_is_cancelled_leaves_nothing_behind() -> None:
    """Neither of them."""
    before = asyncio.all_tasks()
    waiting = asyncio.create_task(first(asyncio.Event().wait(), asyncio.Event().wait()))
    await ManualClock().sleep(0)
    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert asyncio.all_tasks() == before
