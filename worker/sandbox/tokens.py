"""The sandbox's token endpoint (RFC 6749, 4.4): gives clients tokens that end, and knows which are good."""

import base64
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, unquote_plus

import orjson

from worker.ports import Clock
from worker.sandbox.answer import Answer
from worker.sandbox.received import Received

_GRANT: Final = "client_credentials"


@dataclass(frozen=True, slots=True)
class Client:
    """Who gets tokens.

    Attributes:
        login: ``name:secret``.
        life_s: seconds for which a token is good.
        tells: whether the answer says so.
    """

    login: str
    life_s: float = 3600.0
    tells: bool = True


class Tokens:
    """Every token that was given out.

    Attributes:
        issued: how many there were.
        refused: how often somebody asked who is not known, or for something else.
    """

    def __init__(self, clients: Mapping[str, Client], clock: Clock) -> None:
        self._clients = clients
        self._clock = clock
        self._ends: dict[str, dict[str, float]] = {name: {} for name in clients}
        self._numbers = itertools.count(1)
        self.issued = 0
        self.refused = 0

    def known(self, scheme: str, token: str) -> float | None:
        """When a token ends, in the clock's monotonic seconds; None of one that was not given out, or long ago."""
        return self._ends.get(scheme, {}).get(token)

    def grant(self, request: Received) -> Answer:
        """The answer to a request for a token."""
        form = {name: values[0] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
        if form.get("grant_type") != _GRANT:
            return self._refusal(400, "unsupported_grant_type")
        login = _login(request, form)
        name = next((name for name, client in self._clients.items() if client.login == login), None)
        if name is None:
            return self._refusal(401, "invalid_client")
        client, now = self._clients[name], self._clock.monotonic()
        token = f"sandbox-token-{next(self._numbers)}-{self._clock.token()}"
        good = {one: ends_at for one, ends_at in self._ends[name].items() if ends_at > now}
        self._ends[name] = {**good, token: now + client.life_s}
        self.issued += 1
        told = {"expires_in": client.life_s} if client.tells else {}
        return _json(200, {"access_token": token, "token_type": "Bearer", **told})

    def _refusal(self, status: int, error: str) -> Answer:
        self.refused += 1
        challenge = {"WWW-Authenticate": 'Basic realm="sandbox"'} if status == 401 else {}  # noqa: PLR2004 - as above
        return _json(status, {"error": error}).plus(challenge)


def _login(request: Received, form: Mapping[str, str]) -> str:
    """``name:secret``, from the header or from the body."""
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return f"{form.get('client_id', '')}:{form.get('client_secret', '')}"
    try:
        pair = base64.b64decode(text, validate=True).decode()
    except ValueError:
        return ""
    return ":".join(map(unquote_plus, pair.split(":", 1)))


def _json(status: int, document: Mapping[str, object]) -> Answer:
    return Answer(status, orjson.dumps(document), {"Content-Type": "application/json", "Cache-Control": "no-store"})
