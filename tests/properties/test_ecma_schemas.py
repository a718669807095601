"""A pattern means the same to the engine that can look around as to the one that cannot."""

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.contract.schema import Schemas, Validator
from worker.errors import ContractError

_INSIDE: Final = [
    "\\d",
    "\\D",
    "\\w",
    "\\W",
    "\\s",
    "\\S",
    "\\cA",
    "\\.",
    "\\]",
    "\\[",
    "\\\\",
    "a",
    "0-5",
    "_",
    " ",
    "\\-",
]
_OUTSIDE: Final = [*_INSIDE, ".", "\\$", "(?:a|\\d)", "\\p{L}", "\\u00e9"]
_TEXTS: Final = [
    "",
    "a",
    "_",
    "5",
    "\u0665",
    "\xe9",
    "\x01",
    "\\",
    "[",
    "]",
    "-",
    ".",
    "$",
    " ",
    "\n",
    "\xa0",
    "\ufeff",
]


def _class(inner: list[str]) -> st.SearchStrategy[str]:
    many = st.lists(st.sampled_from(inner), min_size=1, max_size=3).map("".join)
    return st.builds("[{}{}]".format, st.sampled_from(["", "^"]), many)


_PIECE: Final = st.builds(
    "{}{}".format, st.sampled_from(_OUTSIDE) | _class(_INSIDE), st.sampled_from(["", "", "*", "?"])
)
_PATTERN: Final = st.lists(_PIECE, min_size=1, max_size=4).map("".join)


def _compiled(pattern: str) -> Validator | None:
    try:
        return Schemas({}).compile({"pattern": pattern})
    except ContractError:
        return None


@settings(max_examples=300, deadline=None)
@given(_PATTERN, st.lists(st.lists(st.sampled_from(_TEXTS), max_size=3).map("".join), min_size=3, max_size=10))
@pytest.mark.parametrize("looking", ["(?=){}", "(?<=){}", "(?!x\\by){}"])
def test_looking_at_nothing_changes_nothing(looking: str, pattern: str, texts: list[str]) -> None:
    """The same classes, the same ends, whichever engine takes it."""
    plain, around = _compiled(f"^(?:{pattern})$"), _compiled(looking.format(f"^(?:{pattern})$"))
    assert (plain is None) == (around is None)
    if plain is not None and around is not None:
        assert [plain.is_valid(text) for text in texts] == [around.is_valid(text) for text in texts]
