"""Documents that nobody wrote for us: every operation of each can be used, or says why not."""

import hashlib
import os
from pathlib import Path
from typing import Final

import pytest

from benchmarks.corpus import Tally, found, measured

pytestmark = pytest.mark.corpus

_CHOSEN: Final = 150
_ROOT: Final = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def documents() -> list[Path]:
    """Some of the corpus, chosen by digest of their names."""
    every = found(_ROOT)
    if len(every) < _CHOSEN:
        if os.environ.get("CI") == "true":
            pytest.fail("the corpus is not there: run `make corpus` first")
        pytest.skip("the corpus is not there: `make corpus` fetches it")
    return sorted(every, key=lambda path: hashlib.sha256(path.name.encode()).digest())[:_CHOSEN]


def test_every_operation_of_real_documents_can_be_used(documents: list[Path]) -> None:
    """Nothing crashes, next to nothing is set aside, and what is refused is refused by name."""
    total = Tally()
    for document in documents:
        total.add(measured(document))
    assert total.documents == _CHOSEN
    assert not total.crashes
    assert not total.refused
    assert total.operations > 2_000
    assert total.whole + total.mended == total.operations
    assert total.whole >= 0.999 * total.operations
