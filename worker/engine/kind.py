"""What failures of one kind have in common, and a short id for it that stays the same over runs and machines."""

import hashlib
import re
from typing import Final, NamedTuple

import orjson

from worker.failure import Failure
from worker.outcome import Cause

#: What differs between two messages that say the same: what is quoted, and numbers.
_DATA: Final = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\d+(?:\.\d+)?")
_ID_BYTES: Final = 4  # of kinds there are a thousand at most, and a person has to type it


class Kind(NamedTuple):
    """What failures have in common: the cause, the operation, and their first fault, if any.

    Attributes:
        pointer: without the numbers of lists' items.
        message: what the API said, of jobs that it rejected: of the first of them. None of all others.
    """

    cause: str
    api: str
    operation: str
    pointer: str | None
    rule: str | None
    message: str | None

    @property
    def bare(self) -> "Kind":
        """The kind without what its message quotes: the same for all failures of the kind."""
        return self._replace(message=self.message and _DATA.sub("*", self.message))

    @property
    def id(self) -> str:
        """Eight hexadecimal digits."""
        return hashlib.blake2s(orjson.dumps(list(self.bare)), digest_size=_ID_BYTES).hexdigest()


def kind_id(failure: Failure) -> str:
    """The id of a failure's kind."""
    return kind_of(failure).id


def kind_of(failure: Failure) -> Kind:
    """The kind of a failure, with its own words."""
    problem = failure.problem
    first = next(iter(problem.faults), None)
    message = None
    if problem.cause in {Cause.REJECTED, Cause.UNKNOWN}:  # the others are told apart by their cause
        message = first.detail if first else problem.title
    pointer, rule = (first.anywhere, first.rule) if first else (None, None)
    return Kind(problem.cause.value, failure.lane.api, failure.lane.operation, pointer, rule, message)
