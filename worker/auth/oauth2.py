"""How tokens are asked for and read (RFC 6749): pure; ``fetched.py`` sends and keeps."""

import base64
import http
import math
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import quote_plus, urlencode, urlsplit

import orjson

from worker.auth.credential import StaticCredential, bearer, struck
from worker.auth.expiry import jwt_expiry
from worker.auth.striking import strike
from worker.errors import ConfigError
from worker.limits import word
from worker.outcome import Answer, Broken, Reply, Request
from worker.redaction import redact_text
from worker.settings.auth import OAuth2Auth

_SHOWN: Final = 200  # characters of what a token endpoint says
_OWN: Final[Mapping[str, str | None]] = {"grant_type": "client_credentials"}
_PASSING: Final = frozenset({408, 425, 429})
_CODE: Final = re.compile(r"[\x20\x21\x23-\x5B\x5D-\x7E]{1,80}")  # what RFC 6749, 5.2 allows in ``error``
_LONGEST_S: Final = 10 * 365 * 86_400.0  # a token that says it lasts longer lasts for ever


class Granted(NamedTuple):
    """A token.

    Attributes:
        lifetime_s: seconds from the answer; infinity where nobody says.
        refresh_token: takes the place of the one that was used, where that was rotated.
    """

    credential: StaticCredential
    lifetime_s: float
    refresh_token: str | None = None


class Denied(NamedTuple):
    """No token.

    Attributes:
        final: the endpoint does not know us, or is none: asking again in a moment will not help.
        wait_s: for how long it wants to be left alone; None where it does not say.
    """

    reason: str
    final: bool
    wait_s: float | None = None


def endpoint(auth: OAuth2Auth) -> str:
    """Who gives tokens, for messages: ``login.shop.example``."""
    return urlsplit(auth.token_url).netloc


def ask(auth: OAuth2Auth, refresh_token: str | None) -> Request:
    """The request for a token: for a refresh token where there is one, else for the client's own credentials.

    Name and secret are percent-encoded before they become ``Authorization: Basic`` (RFC 6749, 2.3.1): servers that do
    not decode them are asked with ``style = "body"``.
    """
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token} if refresh_token else _OWN
    form = {**form, "scope": " ".join(auth.scopes), "audience": auth.audience}
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "preflight",
    }
    if auth.style == "basic":
        headers["Authorization"] = f"Basic {_basic(auth)}"
    else:
        form |= {"client_id": auth.client_id, "client_secret": auth.client_secret.reveal()}
    body = urlencode({name: value for name, value in form.items() if value}).encode()
    return Request("POST", auth.token_url, headers, body, idempotent=False)


def secrets(auth: OAuth2Auth, refresh_token: str | None) -> tuple[bytes, ...]:
    """What a token endpoint may not be heard repeating."""
    secret = auth.client_secret.reveal()
    return struck(secret, quote_plus(secret), _basic(auth), refresh_token or "", quote_plus(refresh_token or ""))


def read(reply: Reply, auth: OAuth2Auth, struck_out: tuple[bytes, ...], now: float) -> Granted | Denied:
    """What a token endpoint said. No secret is in the words of a Denied.

    Args:
        reply: its answer, or what became of the request.
        auth: whose token it is.
        struck_out: the secrets that were sent.
        now: epoch seconds, for a token that says itself when it ends.
    """
    where = endpoint(auth)
    if isinstance(reply, Broken):
        return Denied(f"no token from {where}: {reply.detail}", final=False)
    told = _members(reply)
    if reply.status in (http.HTTPStatus.OK, http.HTTPStatus.CREATED) and "error" not in told:
        return _granted(told, where, now)
    final = reply.status < http.HTTPStatus.INTERNAL_SERVER_ERROR and reply.status not in _PASSING
    said, (wait_s, _) = _said(told, struck_out), word.retry_after(reply.headers, now)
    return Denied(f"no token from {where}: it answered {reply.status}{said}", final, wait_s)


def _granted(told: Mapping[str, Any], where: str, now: float) -> Granted | Denied:
    token, kind, again = told.get("access_token"), told.get("token_type"), told.get("refresh_token")
    if not isinstance(token, str):  # as of a proxy that shows a page for a while
        return Denied(f"no token from {where}: its answer has no access_token; is token_url right?", final=False)
    if isinstance(kind, str) and kind.lower() not in {"bearer", ""}:
        shown = kind if _CODE.fullmatch(kind) else "unreadable"
        return Denied(
            f"no token from {where}: its token_type is {shown[:_SHOWN]}, and only bearer is known", final=True
        )
    try:
        made = bearer(token, f"token of {where}")
    except ConfigError:
        return Denied(f"no token from {where}: no header can hold the one that came", final=True)
    ends_at = jwt_expiry(token)
    otherwise_s = ends_at - now if ends_at is not None and ends_at > now else math.inf
    lifetime_s = _seconds(told.get("expires_in")) or otherwise_s
    return Granted(made, lifetime_s, again if isinstance(again, str) and again else None)


def _members(reply: Answer) -> Mapping[str, Any]:
    try:
        found = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _said(told: Mapping[str, Any], struck_out: tuple[bytes, ...]) -> str:
    """The error's code and description, in the terminal's own characters, without what was sent."""
    words = [text for name in ("error", "error_description") if isinstance(text := told.get(name), str) and text]
    said = strike(redact_text(": ".join(words)).encode(), struck_out).decode("utf-8", "replace")
    said = "".join(one if one.isprintable() else " " for one in said)[:_SHOWN]
    return f" ({said})" if said else ""


def _seconds(given: Any) -> float | None:
    """``expires_in``, which some write as text; None for nonsense, and for 0 and less, by which some mean for ever."""
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) < len(str(_LONGEST_S)):
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int | float) or given <= 0:
        return None
    return float(given) if given <= _LONGEST_S else None


def _basic(auth: OAuth2Auth) -> str:
    pair = f"{quote_plus(auth.client_id)}:{quote_plus(auth.client_secret.reveal())}"
    return base64.b64encode(pair.encode()).decode()
