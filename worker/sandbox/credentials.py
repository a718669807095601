"""Who may call: reads a request's credential the way the contract's security scheme says, and judges it."""

import base64
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
from worker.sandbox.tokens import Client, Tokens

_JWT_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class Accepted:
    """Which credentials of one scheme are good.

    Attributes:
        accepted: tokens, keys, or ``user:password``; empty: whatever is not empty.
        forbidden: known, and not allowed to do anything: 403.
        client: gets tokens, which are good as long as they last; nothing else is then, besides ``accepted``.
    """

    accepted: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    client: Client | None = None


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
    """Lets requests in or not.

    Attributes:
        tokens: those that were given out.
    """

    def __init__(self, schemes: Mapping[str, Scheme], accepted: Mapping[str, Accepted], clock: Clock) -> None:
        self._schemes = schemes
        self._accepted = accepted
        self._clock = clock
        self.tokens = Tokens({name: one.client for name, one in accepted.items() if one.client}, clock)

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
        if known.client is not None and credential not in known.accepted:
            return self._lasting(scheme.name, credential)
        if known.accepted and credential not in known.accepted:
            return _Standing.UNKNOWN
        if (scheme.kind, scheme.field) == ("http", "bearer") and _has_expired(credential, self._clock.now()):
            return _Standing.EXPIRED
        return _Standing.GOOD

    def _lasting(self, scheme: str, token: str) -> _Standing:
        ends_at = self.tokens.known(scheme, token)
        if ends_at is None:
            return _Standing.UNKNOWN
        return _Standing.GOOD if self._clock.monotonic() < ends_at else _Standing.EXPIRED

    @staticmethod
    def _challenge(scheme: Scheme, standing: _Standing) -> str:
        if scheme.kind != "http":
            return f'ApiKey realm="sandbox", in="{scheme.kind}", name="{scheme.field}"'
        further = ', charset="UTF-8"' if scheme.field == "basic" else ""
        if scheme.field == "bearer" and standing is not _Standing.MISSING:
            further = ', error="invalid_token"'
        return f'{scheme.field.capitalize()} realm="sandbox"{further}'


def _presented(scheme: Scheme, request: Received) -> str:
    """The credential that a request carries for a scheme; empty where it carries none."""
    if scheme.kind == "header":
        return request.headers.get(scheme.field, "")
    if scheme.kind == "query":
        return parse_qs(request.query).get(scheme.field, [""])[0]
    if scheme.kind == "cookie":
        pairs = (cookie.partition("=")[::2] for cookie in request.cookies)
        return next((text for name, text in pairs if name == scheme.field), "")
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != scheme.field:
        return ""
    return _basic(text.strip()) if scheme.field == "basic" else text.strip()


def _basic(text: str) -> str:
    """``user:password``; empty where the text is none."""
    try:
        login = base64.b64decode(text, validate=True).decode()
    except ValueError:
        return ""
    return login if ":" in login else ""


def _has_expired(token: str, now: float) -> bool:
    """Whether the token is a JWT whose ``exp`` has passed; its signature is nobody's business here."""
    parts = token.split(".")
    if len(parts) != _JWT_PARTS:
        return False
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return False
    expires = claims.get("exp") if isinstance(claims, dict) else None
    return isinstance(expires, int | float) and expires <= now
