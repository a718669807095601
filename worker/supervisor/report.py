"""What a worker process tells its supervisor, as lines of JSON: what it has done so far, and how it ended."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from worker.engine.tally import RunTally
from worker.job import Stop
from worker.queues.record import stop_of, stop_text


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended that ended in order.

    Attributes:
        stuck: what kept lanes from being worked.
        warns: there were operations whose contract is not enforced but warned of.
        interrupted: it was told to end before its time.
    """

    stuck: tuple[Stop, ...] = ()
    warns: bool = False
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What a process did so far; its first one says that it is at work.

    Attributes:
        in_flight: requests on their way.
        in_hand: jobs leased and not settled, which come back only when their leases run out should it be killed.
        elsewhere: jobs that it waits for, because others have them in their hands.
        away: why the store is away; None while it is there.
        generation: the number that the supervisor gave to the last config that it read again; 0: it has read none.
        ended: None while it is at work.
    """

    tally: RunTally = field(default_factory=RunTally)
    in_flight: int = 0
    in_hand: int = 0
    elsewhere: int = 0
    away: str | None = None
    generation: int = 0
    ended: Ended | None = None

    @property
    def line(self) -> bytes:
        """Its JSON form."""
        return orjson.dumps(
            {
                "tally": self.tally.json,
                "in_flight": self.in_flight,
                "in_hand": self.in_hand,
                "elsewhere": self.elsewhere,
                "away": self.away,
                "generation": self.generation,
                "ended": self.ended and _ended_json(self.ended),
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )

    @classmethod
    def of(cls, line: bytes) -> "Report":
        """The report of its JSON form."""
        told = orjson.loads(line)
        ended = told["ended"] and _ended_of(told["ended"])
        now = told["in_flight"], told["in_hand"], told["elsewhere"], told["away"], told["generation"]
        return cls(RunTally.of(told["tally"]), *now, ended)


def _ended_json(ended: Ended) -> dict[str, Any]:
    stuck = [stop_text(stop) for stop in ended.stuck]
    return {"stuck": stuck, "warns": ended.warns, "interrupted": ended.interrupted}


def _ended_of(told: dict[str, Any]) -> Ended:
    stuck = tuple(stop_of(orjson.loads(text)) for text in told["stuck"])
    return Ended(stuck, told["warns"], told["interrupted"])
