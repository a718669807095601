"""A SQLite store in a folder of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from worker.queues.sqlite import SqliteStore
from worker.testing import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    """Time that a test moves."""
    return ManualClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store's file is, or will be."""
    return tmp_path / "queue.db"


@pytest.fixture
async def store(path: Path, clock: ManualClock) -> AsyncIterator[SqliteStore]:
    """A store over a new file."""
    store = await SqliteStore.open(path, clock)
    yield store
    await store.close()
