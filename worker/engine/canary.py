"""The canary goes first: a few jobs, then twice as many, then all; and the brake stops a run that goes badly.

Only decides: how many more jobs may be in hand, and whether to stop. Jobs that were not sent wait untouched.
"""

import math
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from worker.events import Bus, JobDelivered, JobDied, JobParked, JobReleased, JobRetried
from worker.job import Lane
from worker.settings.callback_apis import is_callback_api

#: The share of bad answers above which a canary stops where none is named: far more than a good contract lets through.
BRAKE: Final = 0.05
_WINDOW: Final = 100  # answers that the brake looks at, where there is no canary: enough for a share to mean something
_LEAST: Final = 50  # answers that it looks at behind a small canary, for the same reason
_ROUNDING: Final = 1e-6  # 0.29 of 100 are 29, whatever floats make of it
_DOUBLINGS: Final = 5  # batches after the first that wait for their answers: 50 become 1,600, and then all


class Bad(NamedTuple):
    """An answer that nobody wants: of which operation, what it was, and to which job."""

    lane: Lane
    what: str
    id: str


class Kind(NamedTuple):
    """Bad answers of one operation that say the same; ``example`` is the id of one of their jobs."""

    api: str
    operation: str
    what: str
    times: int
    example: str


@dataclass(frozen=True, slots=True)
class Halt:
    """Why the run was stopped.

    Attributes:
        bad: of the last ``answers``, where ``allowed`` of ``window`` may be.
        kinds: of the bad ones, the most frequent first.
    """

    bad: int
    answers: int
    allowed: int
    window: int
    kinds: tuple[Kind, ...]


class Canary:
    """Watches the answers of one run.

    Args:
        first: jobs that are sent first; None starts at full speed and only brakes.

    Attributes:
        brake: the share of bad answers above which the run is stopped.
        answers: how many came so far.
        halt: why to stop, once there is a reason.
    """

    def __init__(self, first: int | None, brake: float) -> None:
        self._first = first
        self._batch = first
        self._left = first or 0
        self.brake = brake
        self._window = _WINDOW if first is None else max(first, _LEAST)
        self._last: deque[Bad | None] = deque(maxlen=self._window)
        self._bad = 0
        self.answers = 0
        self.halt: Halt | None = None

    @property
    def state(self) -> str:
        """``ramping`` while batches wait for their answers, then ``full_speed``; or ``stopped``."""
        return "stopped" if self.halt else "full_speed" if self._batch is None else "ramping"

    @property
    def awaited(self) -> int | None:
        """Answers that are still to come before more jobs go; None where nobody waits for them."""
        return self._left if self.state == "ramping" else None

    def room(self, in_hand: int) -> int | None:
        """How many more jobs may be leased while ``in_hand`` are leased and not settled; None for any number."""
        if self.halt is not None:
            return 0
        return None if self._batch is None else max(self._left - in_hand, 0)

    def answered(self, bad: Bad | None = None) -> None:
        """Note an answer; ``bad`` where it is one that nobody wants."""
        if self.halt is not None:
            return  # what was in flight when the decision fell
        if len(self._last) == self._window and self._last[0] is not None:
            self._bad -= 1
        self._last.append(bad)
        self._bad += bad is not None
        self.answers += 1
        self._hold_to(self._window)
        if self._batch is not None:
            self._left -= 1
            if not self._left:
                self._next_batch(self._batch)

    def _next_batch(self, batch: int) -> None:
        self._hold_to(len(self._last))  # a small canary does not fill the window
        if self._first is not None and batch >= self._first << _DOUBLINGS:
            self._batch = None
        else:
            self._batch = self._left = 2 * batch

    def _hold_to(self, window: int) -> None:
        """Stop where more answers are bad than may be of so many."""
        allowed = math.floor(self.brake * window + _ROUNDING)
        if self._bad <= allowed or self.halt is not None:
            return
        bad = [one for one in self._last if one is not None]
        counts = Counter((one.lane.api, one.lane.operation, one.what) for one in bad)
        examples = {(one.lane.api, one.lane.operation, one.what): one.id for one in bad}
        kinds = tuple(Kind(*kind, times, examples[kind]) for kind, times in counts.most_common())
        self.halt = Halt(len(bad), len(self._last), allowed, window, kinds)


def watch(canary: Canary, bus: Bus, stop: Callable[[], None]) -> None:
    """Tell a canary of every answer that a run gets, and call ``stop`` once when it has seen enough.

    What was refused before sending is no answer, and who is told of jobs by callbacks is not the API. An answer that
    cost its job no attempt (429, 401) counts while the canary ramps: something is not as the config says. Afterwards
    its lane stands still, which is enough.
    """

    def note(lane: Lane, bad: Bad | None) -> None:
        if is_callback_api(lane.api):
            return
        before = canary.halt
        canary.answered(bad)
        if canary.halt is not before:
            stop()

    def failed(event: JobRetried | JobDied | JobParked) -> None:
        if event.attempt is not None:
            note(event.lane, Bad(event.lane, event.problem.title, event.id))

    def released(event: JobReleased) -> None:
        if event.attempt is not None and canary.state == "ramping":
            note(event.lane, Bad(event.lane, event.reason, event.id))

    bus.subscribe(JobDelivered, lambda event: note(event.lane, None))
    bus.subscribe(JobRetried, failed)
    bus.subscribe(JobDied, failed)
    bus.subscribe(JobParked, failed)
    bus.subscribe(JobReleased, released)
