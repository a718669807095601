"""Takes the secrets out of a collection before anything else looks at it: what is not there cannot be written."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

#: Stands for a secret. Postman's own variables start with ``$``, and of those that are unknown nothing is written.
UNSHOWN: Final = "{{$unshown}}"

_SUSPECT: Final = re.compile(
    r"token|secret|passw|passphrase|pwd|api.?key|access.?key|private.?key|credential|session|cookie|signature|jwt"
    r"|auth(?!or(?!i)|.?(?:host|url|uri|server|domain|base|path))",  # not authors, nor where to authenticate
    re.IGNORECASE,
)
#: Of an auth's parameters those that are secrets; the others say how it is sent.
_OF_AUTH: Final = frozenset(
    {
        "accessKey",
        "accessToken",
        "authKey",
        "clientSecret",
        "consumerSecret",
        "password",
        "privateKey",
        "refreshToken",
        "secret",
        "secretKey",
        "sessionToken",
        "token",
        "tokenSecret",
        "value",
    }
)
_SHORTEST: Final = 8  # characters; anything shorter is found in texts that have nothing to do with it
_SCHEME: Final = re.compile(r"(?:bearer|basic|token|apikey|api-key)\s+(\S+)", re.IGNORECASE)


def is_suspect(name: str) -> bool:
    """Whether what has this name may be a secret; wider than what decides how it is sent: it only costs examples."""
    return _SUSPECT.search(name) is not None


def hide(collection: Any) -> None:
    """Replace every secret that stands in a collection, wherever it is repeated; the collection itself is changed."""
    found = sorted(set(_secrets(collection)), key=len, reverse=True)
    for holder in _holders(collection) if found else ():
        for at, value in holder.items() if isinstance(holder, dict) else enumerate(holder):
            if isinstance(value, str):
                holder[at] = _without(found, value)


def _without(secrets: Sequence[str], text: str) -> str:
    for secret in secrets:
        if secret in text:
            text = text.replace(secret, UNSHOWN)
    return text


def _secrets(collection: Any) -> Iterator[str]:
    """Of an auth's parameters many have a secret's name and only say how that is sent: those are chosen by a list."""
    for holder in _holders(collection, without="auth"):
        if not isinstance(holder, dict):
            continue
        if holder.get("type") == "secret" or is_suspect(str(holder.get("key", ""))):
            yield from _pair(holder)
        for one in _holders(holder.get("auth")):
            if isinstance(one, dict) and str(one.get("key")) in _OF_AUTH:
                yield from _pair(one)


def _pair(one: dict[str, Any]) -> Iterator[str]:
    """The secret in the value of a pair: the whole, or what follows the word that says which kind it is."""
    value = one.get("value")
    if not isinstance(value, str) or "://" in value:
        return
    match = _SCHEME.fullmatch(value.strip())
    secret = match[1] if match else value.strip()
    if len(secret) >= _SHORTEST and "{{" not in secret and not any(map(str.isspace, secret)):
        yield secret


def _holders(value: Any, without: str | None = None) -> Iterator[Any]:
    """Every object and list of a JSON value, however deep, but for what stands in members of one name."""
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        if isinstance(holder, dict):
            yield holder
            waiting += (inner for name, inner in holder.items() if name != without)
        elif isinstance(holder, list):
            yield holder
            waiting += holder
