"""What headers and bodies say is left of a limit, as counts: of the IETF's fields, of a vendor's, of the usual ones."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from worker.limits.moment import number, seconds_until
from worker.settings.predicate import Place, Said
from worker.settings.profile import CountSettings

_LONGEST: Final = 2000  # characters of a field that are read; there are no policies by the hundred
_MEMBERS: Final = re.compile(r'(?:[^,"]|"[^"]*")+')  # of a list (RFC 9651): commas in quotes part nothing
_PARTS: Final = re.compile(r'(?:[^;"]|"[^"]*")+')
_EARLIER: Final = re.compile(
    r"\b(limit|remaining|reset)=(\d{1,18})", re.ASCII
)  # RateLimit: limit=10, remaining=1, reset=7
_USAGE: Final = re.compile(r"(\d{1,18})/(\d{1,18})", re.ASCII)
_LEADING: Final = re.compile(r"\s*(\d{1,18})", re.ASCII)
_FARTHEST_S: Final = 31 * 86_400  # no limit counts in longer periods than months
_REQUESTS: Final = frozenset({"", "request", "requests"})
_USUAL: Final = {f"{prefix}remaining": prefix for prefix in ("x-ratelimit-", "x-rate-limit-")}


class Count(NamedTuple):
    """How much of one limit is left.

    Attributes:
        cost: what is counted, as jobs name it in ``cost``; None for requests.
        remaining: units that may still be spent.
        limit: units in the whole period; None where nothing says so.
        reset_at: epoch seconds, on our clock, at which all of them are there again; None where nothing says so.
        refill: units that come back each second, where they do so steadily.
        needed: units that the request itself takes, where it was refused for want of them.
        policy: the name of the limit, where the API names it.
    """

    cost: str | None
    remaining: float
    limit: float | None = None
    reset_at: float | None = None
    refill: float | None = None
    needed: float = 1
    policy: str | None = None


def by_draft(headers: Mapping[str, str], now: float) -> list[Count]:
    """Of the IETF's draft-ietf-httpapi-ratelimit-headers: its fields, and those of its earlier versions."""
    if (field := headers.get("ratelimit")) is not None:
        return _fields(field[:_LONGEST], headers.get("ratelimit-policy", "")[:_LONGEST], now)
    if (text := headers.get("ratelimit-remaining")) is None or (remaining := number(text)) is None:
        return []
    limit = _LEADING.match(headers.get("ratelimit-limit", ""))
    return [Count(None, remaining, float(limit[1]) if limit else None, _until(headers, "ratelimit-reset", now))]


def by_profile(said: Said, counts: tuple[CountSettings, ...], now: float) -> list[Count]:
    """Of a vendor's own: where its profile says that they stand."""
    read = (_one(said, where, now) for where in counts)
    return [count for count in read if count is not None]


def by_custom(headers: Mapping[str, str], now: float) -> list[Count]:
    """Of ``X-RateLimit-Remaining`` and its like, which most APIs have and no standard defines."""
    for name, prefix in _USUAL.items():
        if (text := headers.get(name)) is not None and (remaining := number(text)) is not None:
            limit = number(headers.get(f"{prefix}limit"))
            return [Count(None, remaining, limit, _until(headers, f"{prefix}reset", now))]
    return []


def _fields(field: str, policies: str, now: float) -> list[Count]:
    """``"default";r=50;t=30``, with ``"default";q=100;w=60`` for a policy."""
    if earlier := {name: float(value) for name, value in _EARLIER.findall(field)}:
        if "remaining" not in earlier:
            return []
        return [Count(None, earlier["remaining"], earlier.get("limit"), _at(earlier.get("reset"), now))]
    quotas = _items(policies)
    left = _items(field)
    counts = []
    for name, told in left.items():
        quota = quotas.get(name) or (next(iter(quotas.values())) if len(quotas) == len(left) == 1 else {})
        unit = quota.get("qu", "")
        if (remaining := number(told.get("r"))) is not None:
            cost = None if unit in _REQUESTS else unit
            reset_at = _at(number(told.get("t")), now)
            counts.append(Count(cost, remaining, number(quota.get("q")), reset_at, policy=name))
    return counts


def _items(field: str) -> dict[str, dict[str, str]]:
    """The items of a field by name, each with its parameters."""
    items = {}
    for member in _MEMBERS.findall(field):
        name, *parameters = [part.strip() for part in _PARTS.findall(member)] or [""]
        pairs = (parameter.partition("=") for parameter in parameters)
        items[name.strip('"')] = {key: value.strip('"') for key, _, value in pairs}
    return items


def _one(said: Said, where: CountSettings, now: float) -> Count | None:
    remaining, limit = _left(said, where)
    if remaining is None:
        return None
    refill = _amount(said, where.refill)
    reset_s = where.window_s
    if where.reset is not None:
        reset = where.reset.value(said)
        reset_s = seconds_until(str(reset), said.headers, now) if isinstance(reset, str | int | float) else None
    elif (window_ms := _amount(said, where.window_ms)) is not None:
        reset_s = window_ms / 1000
    elif refill and limit is not None:
        reset_s = (limit - remaining) / refill
    return Count(where.cost, remaining, limit, _at(reset_s, now), refill, _amount(said, where.needed) or 1)


def _left(said: Said, where: CountSettings) -> tuple[float | None, float | None]:
    """What remains, and of how much."""
    if where.form == "remaining":
        return _amount(said, where.at), _amount(said, where.limit)
    usage = where.at.value(said)
    match = _USAGE.search(usage[:_LONGEST]) if isinstance(usage, str) else None
    if match is None:
        return None, None
    used, limit = float(match[1]), float(match[2])
    return max(limit - used, 0.0), limit


def _amount(said: Said, place: Place | None) -> float | None:
    return None if place is None else place.amount(said)


def _until(headers: Mapping[str, str], name: str, now: float) -> float | None:
    text = headers.get(name)
    return None if text is None else _at(seconds_until(text, headers, now), now)


def _at(seconds: float | None, now: float) -> float | None:
    """The moment in so many seconds; None where that is too far away to be meant."""
    return None if seconds is None or seconds > _FARTHEST_S else now + max(seconds, 0.0)
