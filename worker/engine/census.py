"""How many jobs and failures there are of each kind: what must be the same once all of them have moved."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from worker.failure import Counts, Failure
from worker.job import State
from worker.record import Record

#: Delayed jobs become ready by themselves, so the two are counted together.
WAITING: Final = "waiting"
_FAILED: Final = "failed: "
_NAMES: Final = {State.READY: WAITING, State.DELAYED: WAITING}

Census = Mapping[str, int]


class Difference(NamedTuple):
    """A kind of which there are more or fewer than there should be."""

    kind: str
    expected: int
    found: int


def census(counts: Counts) -> Counter[str]:
    """What a ledger has counted, by kind: a state, or the cause of a failure."""
    found: Counter[str] = Counter()
    for state, jobs in counts.states.items():
        found[_name(state)] += jobs
    for cause, failures in counts.failures.items():
        found[f"{_FAILED}{cause.value}"] += failures
    return found


def records(found: Census) -> int:
    """How many jobs and rejected rows that is: a failed job is counted by its state too, a rejected row is not."""
    jobs = sum(number for kind, number in found.items() if not kind.startswith(_FAILED))
    failures = sum(found.values()) - jobs
    return jobs + failures - found.get(State.DEAD.value, 0) - found.get(State.PARKED.value, 0)


def kinds(record: Record | Failure) -> list[str]:
    """The kinds that one record is counted as."""
    state = None if isinstance(record, Failure) else record.state
    of_state = [] if state is None else [_name(state)]
    return of_state if record.problem is None else [*of_state, f"{_FAILED}{record.problem.cause.value}"]


def differences(expected: Census, found: Census) -> list[Difference]:
    """Every kind that is not as it should be, by name."""
    every = sorted(expected.keys() | found.keys())
    pairs = (Difference(kind, expected.get(kind, 0), found.get(kind, 0)) for kind in every)
    return [pair for pair in pairs if pair.expected != pair.found]


def surplus(found: Sequence[Difference]) -> int | None:
    """How many jobs and rows came meanwhile, if that is all that differs; None where anything else does.

    What comes in waits, or is a rejected row: a failure that no job has.
    """
    arrived = all(one.found > one.expected and (one.kind == WAITING or one.kind.startswith(_FAILED)) for one in found)
    return sum(one.found - one.expected for one in found) if arrived else None


def _name(state: State) -> str:
    return _NAMES.get(state, state.value)
