"""Who may call: reads a request's credential the way the contract's security scheme says, and judges it."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final
from urllib.parse import parse_qs

import orjson

from worker.ports import Clock
from worker.sandbox.answer import Answer, problem
from worker.sandbox.operation import Operation, Scheme
from worker.sandbox.received import Received

_JWT_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class Accepted:
    """Which credentials of one scheme are good.

    Attributes:
        accepted: tokens, keys, or ``user:password``; empty: whatever is not empty.
        forbidden: known, and not allowed to do anything: 403.
    """

    accepted: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()


class _Standing(IntEnum):
    """From best to worst, for a choice between alternatives."""

    GOOD = 0
    FORBIDDEN = 1
    EXPIRED = 2
    UNKNOWN = 3
    MISSING = 4


_DETAILS: Final = {
    _Standing.EXPIRED: "the token has expired",
    _Standing.UNKNOWN: "the credential is not known",
    _Standing.MISSING: "a credential is required",
}


class Gate:
    """Lets requests in or not."""

    def __init__(self, schemes: Mapping[str, Scheme], accepted: Mapping[str, Accepted], clock: Clock) -> None:
        self._schemes = schemes
        self._accepted = accepted
        self._clock = clock

    def judge(self, operation: Operation, request: Received) -> Answer | None:
        """None for who may call; otherwise 401 or 403."""
        if not operation.security:
            return None
        standings = [(self._weakest(names, request), names) for names in operation.security]
        standing, names = min(standings)
        if standing is _Standing.GOOD:
            return None
        if standing is _Standing.FORBIDDEN:
            return problem(403, f"this credential may not call {operation.id}")
        challenge = self._challenge(self._schemes[names[0]], standing)
        return problem(401, _DETAILS[standing], headers={"WWW-Authenticate": challenge})

    def _weakest(self, names: Iterable[str], request: Received) -> _Standing:
        """The standing with schemes that are wanted together."""
        return max((self._standing(self._schemes[name], request) for name in names), default=_Standing.GOOD)

    def _standing(self, scheme: Scheme, request: Received) -> _Standing:
        if scheme.kind == "none":
            return _Standing.GOOD
        credential = _presented(scheme, request)
        if not credential:
            return _Standing.MISSING
        known = self._accepted.get(scheme.name, Accepted())
        if credential in known.forbidden:
            return _Standing.FORBIDDEN
        if known.accepted and credential not in known.accepted:
            return _Standing.UNKNOWN
        if scheme.kind == "bearer" and _has_expired(credential, self._clock.now()):
            return _Standing.EXPIRED
        return _Standing.GOOD

    @staticmethod
    def _challenge(scheme: Scheme, standing: _Standing) -> str:
        if scheme.kind == "basic":
            return 'Basic realm="sandbox", charset="UTF-8"'
        if scheme.kind != "bearer":
            return f'ApiKey realm="sandbox", in="{scheme.kind}", name="{scheme.field}"'
        error = "" if standing is _Standing.MISSING else ', error="invalid_token"'
        return f'Bearer realm="sandbox"{error}'


def _presented(scheme: Scheme, request: Received) -> str:
    """The credential that a request carries for a scheme; empty where it carries none."""
    if scheme.kind == "header":
        return request.headers.get(scheme.field, "")
    if scheme.kind == "query":
        return parse_qs(request.query).get(scheme.field, [""])[0]
    if scheme.kind == "cookie":
        return request.cookies.get(scheme.field, "")
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != scheme.kind:
        return ""
    return text.strip() if scheme.kind == "bearer" else _basic(text.strip())


def _basic(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _has_expired(token: str, now: float) -> bool:
    """Whether the token is a JWT whose ``exp`` has passed; its signature is nobody's business here."""
    parts = token.split(".")
    if len(parts) != _JWT_PARTS:
        return False
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return False
    expires = claims.get("exp") if isinstance(claims, dict) else None
    return isinstance(expires, int | float) and expires <= now
