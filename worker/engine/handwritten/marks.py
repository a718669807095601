"""Marks: texts that nobody else can know, put where secrets belong, so that secrets never get into a request."""

import base64
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Final, TypeVar
from urllib.parse import quote

from worker.engine.handwritten.text import Hole, Text, variable, written
from worker.ports import Clock
from worker.redaction import is_secret
from worker.settings import ApiSettings, AuthSettings, BasicAuth, BearerAuth, OAuth2Auth
from worker.settings.interpolation import Interpolated
from worker.settings.secret import Secret

A = TypeVar("A", bound=AuthSettings)

_BASIC: Final = "Basic "


class Marks:
    """The marks of one API's secrets, and what stands for each when its request is written."""

    def __init__(self, api: ApiSettings, environ: Mapping[str, str], clock: Clock) -> None:
        self._api = api
        self._environ = environ
        self._clock = clock
        self._texts: dict[str, Text] = {}
        self._needs_encoding: set[str] = set()

    def auth(self) -> AuthSettings:
        """The API's credential with a mark for each of its secrets; for one that is fetched, a mark for its token."""
        if isinstance(self._api.auth, OAuth2Auth):
            return BearerAuth(Secret(self._mark(Secret(""), variable(self._api.name, "token"))))
        return self._marked(self._api.auth)

    def headers(self) -> dict[str, str]:
        """The config's headers; those that come from elsewhere, or have the name of a secret, are marks."""
        return {name: self._header(name, value) for name, value in self._api.headers.items()}

    def unmarked(self, text: str, *, in_url: bool = False) -> Text:
        """Text of a request with a hole for each mark."""
        made: Text = (text,)
        for mark, whole in self._texts.items():
            meant = self._in_url(mark, whole) if in_url else whole
            made = tuple(new for part in made for new in _split(part, mark, meant))
        return made

    def password(self, authorization: str) -> Text | None:
        """What the password in a marked ``Authorization: Basic`` header stands for; None in any other header."""
        auth = self._api.auth
        if not isinstance(auth, BasicAuth) or not authorization.startswith(_BASIC):
            return None
        by_account = {f"{auth.username}:{mark}": meant for mark, meant in self._texts.items()}
        known = {base64.b64encode(account.encode()).decode(): meant for account, meant in by_account.items()}
        return known.get(authorization.removeprefix(_BASIC))

    def _marked(self, auth: A) -> A:
        otherwise = variable(self._api.name, "secret")
        given: dict[str, Any] = {one.name: getattr(auth, one.name) for one in fields(auth)}
        secrets = {name: value for name, value in given.items() if isinstance(value, Secret)}
        marked: dict[str, Any] = {name: Secret(self._mark(value, otherwise)) for name, value in secrets.items()}
        return replace(auth, **marked)

    def _header(self, name: str, value: str) -> str:
        if not isinstance(value, Interpolated) and not is_secret(name):
            return value
        known = value if isinstance(value, Interpolated) else Secret(value)
        return self._mark(known, variable(self._api.name, name))

    def _mark(self, value: Secret | Interpolated, otherwise: str) -> str:
        mark = self._clock.token()
        self._texts[mark] = written(value, self._environ, otherwise)
        revealed = value.reveal() if isinstance(value, Secret) else value
        if quote(revealed, safe="") != revealed:
            self._needs_encoding.add(mark)
        return mark

    def _in_url(self, mark: str, meant: Text) -> Text:
        encoded = mark in self._needs_encoding
        return tuple(
            part._replace(encoded=encoded) if isinstance(part, Hole) else quote(part, safe="") for part in meant
        )


def _split(part: str | Hole, mark: str, meant: Text) -> Text:
    """Text cut at its marks, what they stand for put in."""
    if isinstance(part, Hole) or mark not in part:
        return (part,) if part else ()
    first, *others = part.split(mark)
    pieces: list[str | Hole] = [first]
    for other in others:
        pieces += (*meant, other)
    return tuple(piece for piece in pieces if piece)
