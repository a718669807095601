"""A profile: the habits of a vendor's APIs, as ``config/profiles/NAME.toml`` or a file of the user's tells them."""

# ruff: noqa: RUF009 - setting() and sections() return a dataclasses.field, which is meant to be made once

from dataclasses import dataclass
from typing import Literal

from worker.settings import kinds, web
from worker.settings.about import sections, setting
from worker.settings.limits import LimitSettings
from worker.settings.predicate import Place, PlaceText, Predicate, PredicateText


@dataclass(frozen=True, slots=True)
class CountSettings:
    """``[[counts]]``: where answers say how much of one limit is left.

    Attributes:
        at: where that stands.
        form: what stands there: a number that is left, or ``32/40`` for 32 used of 40.
        cost: what is counted, as jobs name it; None for requests.
        limit: units in the whole period.
        reset: when all of them are there again: a moment or a length, in any form that ``limits.moment`` reads.
        window_ms: the period in milliseconds, where answers say nothing better; a reset is no further away than that.
        window_s: the same in seconds, where answers say nothing at all.
        refill: units that come back each second.
        needed: units that a request takes that was refused for want of them.
    """

    at: Place = setting(PlaceText(), "where answers say what is left of the limit")
    form: Literal["remaining", "used/limit"] = setting(
        kinds.Choice("remaining", "used/limit"), "a number that is left, or two such as 32/40", "remaining"
    )
    cost: str | None = setting(web.NAME, "unset: requests are counted; all else is heeded after a throttle", None)
    limit: Place | None = setting(PlaceText(), "unset: answers do not tell; then only 0 left slows jobs down", None)
    reset: Place | None = setting(PlaceText(), "unset: answers do not tell when the limit is whole again", None)
    window_ms: Place | None = setting(PlaceText(), "instead of reset: the period in milliseconds", None)
    window_s: float | None = setting(
        kinds.Duration(0.001, 31 * 86_400),
        "instead of reset: the period that the documentation names",
        None,
        key="window",
    )
    refill: Place | None = setting(PlaceText(), "instead of reset: units that come back each second", None)
    needed: Place | None = setting(PlaceText(), "unset: 1; units that a refused request was short of", None)


@dataclass(frozen=True, slots=True)
class Profile:
    """A whole file. What the config says of an API wins over it; see ``profiles.with_profile``.

    Attributes:
        name: as the config names it.
        throttled: answers, besides those of status 429, that mean too many requests.
        wait_s: seconds to stay away after such an answer that does not say for how long.
        unauthorised: answers, besides those of status 401, that mean that the credential is refused.
        limits: as long as the config has none.
        idempotency_quoted: the key is sent as a structured field's string: in quotes.
        concurrency: most requests in flight.
    """

    name: str
    counts: tuple[CountSettings, ...] = sections(CountSettings, "where answers say what is left", tuple, "array")
    throttled: Predicate | None = setting(PredicateText(), "unset: status 429 alone means too many requests", None)
    wait_s: float | None = setting(
        kinds.Duration(0.001, 3600), "unset: steps of our own, where a throttled answer names no time", None, key="wait"
    )
    unauthorised: Predicate | None = setting(
        PredicateText(), "unset: status 401 alone means that the credential is refused", None
    )
    limits: tuple[LimitSettings, ...] = sections(LimitSettings, "until the config has its own", tuple, "array")
    idempotency_header: str | None = setting(web.HEADER_NAME, "unset: the vendor takes no key, or not everywhere", None)
    idempotency_quoted: bool = setting(
        kinds.Flag(), "true: in quotes, as the IETF's draft has it; most vendors want it bare", default=False
    )
    concurrency: int | None = setting(
        kinds.Integer(1, 10_000, "requests in flight"), "unset: the vendor names no most", None
    )
