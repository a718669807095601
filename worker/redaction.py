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
        "apisecret",
        "apitoken",
        "appsecret",
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
        "privatetoken",
        "proxyauthorization",
        "pwd",
        "refreshtoken",
        "secret",
        "secretaccesskey",
        "secretkey",
        "securitytoken",
        "sessionid",
        "sessiontoken",
        "setcookie",
        "signature",
        "signingkey",
        "subscriptionkey",
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

_WORD: Final = r"[A-Za-z0-9_-]"  # what the parts of a JWT are made of
#: Secrets that stand inside longer text: a header as an API echoes it, a JWT wherever it appears. An API chooses the
#: text, so its length may cost no more than once: a JWT is looked for only at the start of a word that is followed by a
#: dot, a word and a dot, and no repetition gives back what it took.
_IN_TEXT: Final = re.compile(
    r"(?i)\b(?:bearer|basic)\s++[A-Za-z0-9+/_.~=-]{6,}+"
    rf"|(?<!{_WORD})(?={_WORD}++\.{_WORD}++\.)(?:{_WORD}*?-)??eyJ{_WORD}{{5,}}+\.{_WORD}++\.{_WORD}*+"
)

#: What every secret name, and every secret in text, has in it: most answers have none of it and are kept as they are.
_SUSPECT: Final = re.compile(
    rb"auth|bearer|basic|token|secret|key|pass|pwd|cookie|credential|jwt|session|signature|assertion|eyj|\\u"
)

#: A secret's name and its value in a query string, or in a form.
_IN_QUERY: Final = re.compile(r"([A-Za-z_][\w.-]{1,39})=([^&\s\"'<>#;,]+)")

#: A member's name, and a single value as far as it goes, in JSON that was cut short and so cannot be parsed.
_MEMBER: Final = re.compile(r'"((?:[^"\\]|\\.){1,80})"\s*:\s*')
_SINGLE: Final = re.compile(r'"(?:[^"\\]|\\.)*\\?"?|[^\s,"}\][{]+')
_MAX_DEPTH: Final = 100  # levels of a value that are looked at; what lies deeper is not shown


def is_secret(name: str) -> bool:
    """Whether a header, field or parameter of this name holds a secret."""
    return name.translate(_FOLD).lower() in _SECRET_NAMES


def redact(value: Any) -> Any:
    """A copy of a JSON value with every secret field's value replaced."""
    return _redacted(value, _MAX_DEPTH)


def _redacted(value: Any, levels: int) -> Any:
    if isinstance(value, str):
        return redact_text(value)
    if not isinstance(value, Mapping | list | tuple):
        return value
    if not levels:
        return REDACTED
    if isinstance(value, Mapping):
        return {
            name: REDACTED if is_secret(name) and item is not None else _redacted(item, levels - 1)
            for name, item in value.items()
        }
    return [_redacted(item, levels - 1) for item in value]


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """A copy of headers with every secret's value replaced."""
    return {name: REDACTED if is_secret(name) else redact_text(value) for name, value in headers.items()}


def redact_text(text: str) -> str:
    """Text with bearer tokens, basic credentials, JWTs and secret query parameters replaced."""
    text = _IN_TEXT.sub(REDACTED, text)
    return _IN_QUERY.sub(_hide_parameter, text) if "=" in text else text


def redact_url(url: str) -> str:
    """A URL without user info, and with the values of secret query parameters replaced."""
    try:
        parts = urlsplit(url.encode("utf-8", "replace").decode())  # a header may hold bytes that are no text
    except ValueError:
        return "an address that cannot be read"
    query = [
        (name, REDACTED if is_secret(name) else value) for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    host = parts.netloc.rpartition("@")[2]
    encoded = urlencode(query, safe="[]")
    return urlunsplit(parts._replace(netloc=host, query=encoded, fragment=redact_text(parts.fragment)))


def redact_body(body: bytes, limit_bytes: int) -> str:
    """The first bytes of an answer as text for a record: at most ``limit_bytes``, secrets replaced.

    Redaction comes before the cut, so that no half of a secret is left over.
    """
    if not _SUSPECT.search(body.lower()):  # to ignore case by a flag takes several times as long
        return body[: limit_bytes + 4].decode("utf-8", "replace").encode()[:limit_bytes].decode("utf-8", "ignore")
    try:
        text = orjson.dumps(redact(orjson.loads(body))).decode()
    except orjson.JSONDecodeError:
        text = redact_text(_redact_cut(body.decode("utf-8", "replace")))
    return text.encode()[:limit_bytes].decode("utf-8", "ignore")


def _hide_parameter(match: re.Match[str]) -> str:
    return f"{match[1]}={REDACTED}" if is_secret(match[1]) else match[0]


def _redact_cut(text: str) -> str:
    """JSON that was cut short. Of a secret list or object nothing that follows is shown: where it ends is not known."""
    made: list[str] = []
    at = 0
    for member in _MEMBER.finditer(text):
        if member.start() < at or not is_secret(_unescaped(member[1])):
            continue
        made += (text[at : member.end()], f'"{REDACTED}"')
        value = _SINGLE.match(text, member.end())
        at = value.end() if value else len(text)
    return "".join((*made, text[at:]))


def _unescaped(name: str) -> str:
    try:
        return str(orjson.loads(f'"{name}"')) if "\\" in name else name
    except orjson.JSONDecodeError:
        return name
