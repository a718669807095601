"""The server's word: what an answer says of limits, for how long to stay away and how much is left.

Of several headers the most binding wins: ``Retry-After``; then the IETF's ``RateLimit``; then what the vendor's profile
names; then ``X-RateLimit-*``, which everybody writes in another way.
"""

import http
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from worker.limits.count import Count, by_custom, by_draft, by_profile
from worker.limits.moment import number, seconds_until
from worker.limits.throttle import throttled
from worker.settings.durations import format_duration
from worker.settings.predicate import Said
from worker.settings.profile import Profile

#: Nobody means to be left alone for longer; beyond this it is a mistake, and a lane must not stand still on a mistake.
MAX_WAIT_S: Final = 3600.0
_FOR_EVER_S: Final = 1e10  # some 300 years
_LONGEST_SHOWN: Final = 40
_FAILED: Final = http.HTTPStatus.INTERNAL_SERVER_ERROR.value


@dataclass(frozen=True, slots=True)
class Word:
    """What an answer says of limits.

    Attributes:
        wait_s: seconds for which to stay away, 0 to ``MAX_WAIT_S``; None where the answer asks for nothing.
        counts: how much of each limit is left.
        note: what it says that cannot be meant, for a person; None where all of it can.
    """

    wait_s: float | None = None
    counts: tuple[Count, ...] = ()
    note: str | None = None


def read(said: Said, profile: Profile | None, now: float) -> Word | None:
    """What an answer says of limits; None where it says nothing, as most do.

    Args:
        said: the answer.
        profile: the vendor's, if the API has one.
        now: epoch seconds, on our clock.
    """
    counts = by_draft(said.headers, now)
    if not counts and profile is not None:
        counts = by_profile(said, profile.counts, now)
    if not counts:
        counts = by_custom(said.headers, now)
    wait_s, note = _wait(said, profile, counts, now)
    return Word(wait_s, tuple(counts), note) if counts or wait_s is not None or note else None


def _wait(said: Said, profile: Profile | None, counts: list[Count], now: float) -> tuple[float | None, str | None]:
    """For how long to stay away, and what of it cannot be meant. A success never asks for that, whatever it says."""
    refused = throttled(said, profile)
    if not refused and said.status < _FAILED:
        return None, None
    wait_s, note = retry_after(said.headers, now)
    if wait_s is None and refused:
        wait_s = _implied_s(counts, profile, now)
    if wait_s is None or wait_s <= MAX_WAIT_S:
        return wait_s, note
    asked = format_duration(wait_s) if wait_s < _FOR_EVER_S else "ever"
    return MAX_WAIT_S, f"asks to be left alone for {asked}, taken for {format_duration(MAX_WAIT_S)}"


def retry_after(headers: Mapping[str, str], now: float) -> tuple[float | None, str | None]:
    """Seconds that Retry-After asks for, and which header of that kind is unreadable; ``now`` in epoch seconds."""
    note = None
    for name in ("retry-after-ms", "retry-after"):
        if (text := headers.get(name)) is None:
            continue
        seconds = number(text) if name == "retry-after-ms" else seconds_until(text, headers, now)
        if seconds is not None:
            return max(seconds / 1000 if name == "retry-after-ms" else seconds, 0.0), note
        note = f"{name}: {text[:_LONGEST_SHOWN]!a} is no time to wait"
    return None, note


def _implied_s(counts: list[Count], profile: Profile | None, now: float) -> float | None:
    """Seconds until what was spent is there again; where nothing was, what the profile says of such answers."""
    spent = [wait_s for count in counts if (wait_s := _short_s(count, now)) is not None]
    return max(spent) if spent else profile.wait_s if profile else None


def _short_s(count: Count, now: float) -> float | None:
    """Seconds until there is enough of one limit; None where there is, or where nothing says when there will be."""
    if count.remaining >= count.needed:
        return None
    if count.refill:
        return (count.needed - count.remaining) / count.refill
    return None if count.reset_at is None else count.reset_at - now
