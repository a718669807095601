"""Bad days on request: which requests get a bad answer, and what is bad about it.

Seeded, so that a run can be repeated.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import Final, Literal
from urllib.parse import unquote

from worker.sandbox.memory import Memory
from worker.sandbox.operation import Operation
from worker.sandbox.received import Received
from worker.sandbox.refusal import Refusal

#: Digests are 16 bytes; their first 8 as a number, divided by this, are a share from 0 to 1.
_WHOLE: Final = 2**64


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to misbehave. Every condition that is given has to hold.

    Attributes:
        operation: only this operation.
        method: only this HTTP method.
        path: only paths that fit this glob (``*`` runs over slashes too); compared percent-decoded.
        every: only each Nth request that meets the conditions above.
        share: only this share of the requests that meet the conditions above, spread evenly and exact by count: of any
            first N, the whole part of ``share * N``.
        ratio: only this share of distinct requests, chosen by a seeded hash of method, path, query and body, so that a
            request meets the same fate each time.
        first: only the first N attempts of each distinct request; requests are told apart by their idempotency key,
            or else by method, path, query and body.
        from_s: only from so many seconds after the start.
        until_s: only until so many seconds after the start.
        status: answer with this, as a problem document; the request is not processed.
        refusal: refuse the request as if something in it were wrong, in a body of this kind.
        retry_after_s: with a ``Retry-After`` of so many seconds.
        delay_s: think for so long first.
        drop: close the connection without an answer, ``before`` or ``after`` having processed the request.
        page: answer what a broken gateway would: an ``html`` page, or ``garbage`` that claims to be JSON; the request
            is not processed.
        drip_s: pause so long after each byte of the answer's body.
    """

    operation: str | None = None
    method: str | None = None
    path: str | None = None
    every: int | None = None
    ratio: float | None = None
    first: int | None = None
    status: int | None = None
    retry_after_s: float | None = None
    delay_s: float = 0.0
    drop: Literal["before", "after"] | None = None
    page: Literal["html", "garbage"] | None = None
    drip_s: float = 0.0
    share: Fraction | None = None
    refusal: Refusal | None = None
    from_s: float = 0.0
    until_s: float = math.inf


class Misbehaviour:
    """Chooses the rule for each request: the first, in the file's order, whose conditions hold."""

    def __init__(self, rules: Sequence[Rule], seed: int, idempotency_header: str | None) -> None:
        self._rules = rules
        self._seed = seed
        self._header = idempotency_header.lower() if idempotency_header else None
        self._met = [0] * len(rules)
        self._attempts: Memory[int] = Memory()

    def reset(self) -> None:
        """Forget every request."""
        self._met = [0] * len(self._rules)
        self._attempts.clear()

    def choose(self, operation: Operation, request: Received, at_s: float) -> Rule | None:
        """The rule that a request falls under that comes so long after the start; None for a good day. Counts it."""
        for number, rule in enumerate(self._rules):
            if rule.from_s <= at_s < rule.until_s and self._holds(number, rule, operation, request):
                return rule
        return None

    def _holds(self, number: int, rule: Rule, operation: Operation, request: Received) -> bool:
        if not _is_about(rule, operation, request):
            return False
        self._met[number] += 1
        if rule.every is not None and self._met[number] % rule.every:
            return False
        if rule.share is not None and not _is_due(rule.share, self._met[number]):
            return False
        if rule.ratio is not None and self._share(number, request) >= rule.ratio:
            return False
        return rule.first is None or self._attempt(number, request) <= rule.first

    def _share(self, number: int, request: Received) -> float:
        return int.from_bytes(request.digest(f"{self._seed}:{number}".encode())[:8]) / _WHOLE

    def _attempt(self, number: int, request: Received) -> int:
        """Which attempt of this distinct request it is, counted from 1, among those that met the rule so far."""
        key = request.headers.get(self._header, "") if self._header else ""
        digest = number.to_bytes(4) + (Memory.digest(key) if key else request.digest())
        attempt = (self._attempts.get(digest) or 0) + 1
        self._attempts.put(digest, attempt)
        return attempt


def _is_due(share: Fraction, nth: int) -> bool:
    """Whether the whole part of ``share * n`` grows with the nth request."""
    return math.floor(share * nth) > math.floor(share * (nth - 1))


def _is_about(rule: Rule, operation: Operation, request: Received) -> bool:
    if rule.operation is not None and rule.operation != operation.id:
        return False
    if rule.method is not None and rule.method != request.method:
        return False
    return rule.path is None or fnmatchcase(unquote(request.path), rule.path)
