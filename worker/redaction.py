"""Keeps secrets out of everything that is written: by header name, by JSON field, by query parameter.

Names are compared without case, ``-`` and ``_``, so ``X-Api-Key``, ``apiKey`` and ``api_key`` are one.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import orjson

REDACTED: Final = "[redacted]"

#: Exact names, folded. A name that merely contains one of these ("tokens", "secretary") is no secret.
_SECRET_NAMES: Final = frozenset(
    {
        "accesskey",
        "accesstoken",
        "apikey",
        "apitoken",
        "auth",
        "authorization",
        "authtoken",
        "bearer",
        "clientassertion",
        "clientsecret",
        "cookie",
        "credential",
        "credentials",
        "csrftoken",
        "idtoken",
        "jwt",
        "passphrase",
        "passwd",
        "password",
        "privatekey",
        "proxyauthorization",
        "pwd",
        "refreshtoken",
        "secret",
        "secretkey",
        "sessionid",
        "sessiontoken",
        "setcookie",
        "signature",
        "signingkey",
        "token",
        "webhooksecret",
        "xaccesstoken",
        "xamzsecuritytoken",
        "xapikey",
        "xauthtoken",
        "xcsrftoken",
    }
)

_FOLD: Final = str.maketrans("", "", "-_ .")

#: Secrets that stand inside longer text: a header as an API echoes it, a JWT wherever it appears.
_IN_TEXT: Final = re.compile(
    r"(?i)\b(?:bearer|basic)\s+[A-Za-z0-9+/_.~=-]{6,}|\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"
)

#: What every secret name, and every secret in text, has in it: most answers have none of it and are kept as they are.
_SUSPECT: Final = re.compile(
    rb"(?i)auth|bearer|basic|token|secret|key|pass|pwd|cookie|credential|jwt|session|signature|assertion|eyJ|\\u"
)

#: A secret's name and its value in JSON that was cut short and so cannot be parsed.
_IN_JSON_TEXT: Final = re.compile(r'"([A-Za-z][\w.\- ]{2,39})"\s*:\s*("(?:[^"\\]|\\.)*"?)')


def is_secret(name: str) -> bool:
    """Whether a header, field or parameter of this name holds a secret."""
    return name.translate(_FOLD).lower() in _SECRET_NAMES


def redact(value: Any) -> Any:
    """A copy of a JSON value with every secret field's value replaced."""
    if isinstance(value, Mapping):
        return {
            name: REDACTED if is_secret(name) and item is not None else redact(item) for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    return redact_text(value) if isinstance(value, str) else value


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """A copy of headers with every secret's value replaced."""
    return {name: REDACTED if is_secret(name) else value for name, value in headers.items()}


def redact_text(text: str) -> str:
    """Text with bearer tokens, basic credentials and JWTs replaced."""
    return _IN_TEXT.sub(REDACTED, text)


def redact_url(url: str) -> str:
    """A URL without user info, and with the values of secret query parameters replaced."""
    parts = urlsplit(url)
    query = [
        (name, REDACTED if is_secret(name) else value) for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host, query=urlencode(query, safe="[]")))


def redact_body(body: bytes, limit_bytes: int) -> str:
    """The first bytes of an answer as text for a record: at most ``limit_bytes``, secrets replaced.

    Redaction comes before the cut, so that no half of a secret is left over.
    """
    if not _SUSPECT.search(body):
        return body[:limit_bytes].decode("utf-8", "replace" if len(body) <= limit_bytes else "ignore")
    try:
        text = orjson.dumps(redact(orjson.loads(body))).decode()
    except orjson.JSONDecodeError:
        text = redact_text(_IN_JSON_TEXT.sub(_hide, body.decode("utf-8", "replace")))
    return text if len(text) <= limit_bytes else text.encode()[:limit_bytes].decode("utf-8", "ignore")


def _hide(match: re.Match[str]) -> str:
    return f'"{match[1]}":"{REDACTED}"' if is_secret(match[1]) else match[0]
