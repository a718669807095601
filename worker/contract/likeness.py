"""Finds what a person may have meant by a name that is not there."""

import difflib
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from worker.contract.shown import choices, quoted

_ALIKE: Final = 0.7  # of difflib's ratio: one slip in a short word, two in a long one
_LONGEST: Final = 100  # characters of a name that may be a slip; comparing takes their square
_KEPT: Final = 512  # answers: in a file of a million rows it is the same few names that are wrong
_FOLD: Final = str.maketrans("", "", "-_. ")


def suggest(name: str, known: Sequence[str]) -> str:
    """``did you mean 'title'?``, or what there is, or nothing better than to leave it out."""
    if (found := closest(name, known)) is not None:
        return f"did you mean {quoted(found)}?"
    return offer(known)


def offer(known: Sequence[str]) -> str:
    """What there is, or the advice to leave it out where there is nothing."""
    return f"known here: {choices(known)}" if known else "leave it out"


def closest(name: str, known: Sequence[str]) -> str | None:
    """The known name that is most like this one, None where none is: ``firstName`` is like ``first_name``."""
    return _closest(name, tuple(known)) if len(name) <= _LONGEST else None


@lru_cache(_KEPT)
def _closest(name: str, known: tuple[str, ...]) -> str | None:
    folded, all_folded = _folded((name,))[0], _folded(known)
    if folded in all_folded:
        return known[all_folded.index(folded)]
    matcher = difflib.SequenceMatcher(b=folded)
    best, found = _ALIKE, None
    for one, plain in zip(known, all_folded, strict=True):
        matcher.set_seq1(plain)
        if matcher.real_quick_ratio() < best or matcher.quick_ratio() < best:  # far quicker than the ratio itself
            continue
        if (ratio := matcher.ratio()) >= best and (found is None or ratio > best):
            best, found = ratio, one
    return found


@lru_cache(_KEPT)
def _folded(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name[:_LONGEST].translate(_FOLD).lower() for name in names)
