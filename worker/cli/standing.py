"""How lanes stand: their state, why, since when and until when, in words for people and as JSON."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from worker.cli.time_left import moment

if TYPE_CHECKING:
    from worker.job import Lane, Stop


def standing(stops: "Sequence[Stop]", lane: "Lane", now: float) -> "Stop | None":
    """What a lane stands still for at ``now`` (epoch seconds): of several, what needs a person before what passes."""
    from worker.job import Standstill

    over = [stop for stop in stops if stop.scope.covers(lane) and is_standing(stop, now)]
    return min(over, key=lambda stop: list(Standstill).index(stop.kind), default=None)


def is_standing(stop: "Stop", now: float) -> bool:
    """Whether a stop has not passed."""
    return stop.until is None or stop.until > now


def state_json(stop: "Stop | None") -> dict[str, Any]:
    """The members of a lane's JSON that say how it stands."""
    from worker.clock import to_rfc3339

    if stop is None:
        return {"state": "running", "reason": None, "since": None, "until": None}
    return {
        "state": stop.kind.value,
        "reason": stop.reason,
        "since": to_rfc3339(stop.since),
        "until": None if stop.until is None else to_rfc3339(stop.until),
    }


def state_words(state: str) -> str:
    """A state as people say it."""
    return state.replace("_", " ")


def why(lane: "Mapping[str, Any]", now: float) -> str:
    """Reason and times of a lane's JSON in one line: ``429 Too Many Requests; until 14:32:10, since 14:31:12``.

    Args:
        lane: its JSON.
        now: epoch seconds, for days that need not be named.
    """
    if lane["reason"] is None:
        return ""
    since = f"since {_moment(lane['since'], now)}"
    if lane["until"] is None:
        return f"{lane['reason']}; {since}"
    verb = "until" if lane["state"] == "closed" else "tried again at"
    return f"{lane['reason']}; {verb} {_moment(lane['until'], now)}, {since}"


def _moment(text: str, now: float) -> str:
    from worker.clock import from_rfc3339

    return moment(from_rfc3339(text), now, to_the_second=True)
