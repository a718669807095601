"""Writes the lines that a config needs for an API that was imported; secrets become variables of the environment."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import orjson

from worker.contract.postman.auth import Scheme, environment_name
from worker.contract.postman.operation import IDEMPOTENCY_HEADERS, Member
from worker.contract.postman.variables import replaced

#: Keys whose values are secrets, or may be: an API key often is the user's name.
_FROM_ENVIRONMENT = frozenset({"token", "username", "password", "value"})


def config(name: str, base: str, file: str, members: Sequence[Member]) -> str:
    """TOML: where the API is, its contract, and its credential.

    Args:
        name: of the API.
        base: where it is; what the collection does not say stands in double braces.
        file: the contract.
        members: every request that was taken.
    """
    url = replaced(base, lambda one: f"${{env:{environment_name(one)}}}")
    lines = [f"[apis.{name}]", f"base_url = {_text(url)}", f"contract = {_text(file)}"]
    if header := _idempotency_header(members):
        lines.append(f"idempotency_header = {_text(header)}")
    schemes = [one.scheme for one in members if one.scheme is not None and not one.request.is_sample]
    return "\n".join([*lines, *_auth(name, schemes)])


def _idempotency_header(members: Sequence[Member]) -> str | None:
    return next(
        (pair.name for one in members for pair in one.request.headers if pair.name.lower() in IDEMPOTENCY_HEADERS), None
    )


def _auth(name: str, schemes: Sequence[Scheme]) -> Iterator[str]:
    """The credential that serves most requests; the others are named."""
    ordered = [kind for kind, _ in Counter(one.name for one in schemes).most_common()]
    if not ordered:
        return
    chosen = next((one for kind in ordered for one in schemes if one.name == kind and one.config), None)
    others = [kind for kind in ordered if chosen is not None and kind != chosen.name]
    yield ""
    if chosen is None:
        yield f"# the collection authenticates with {', '.join(ordered)}, which this version has no credential for"
        return
    if others:
        yield f"# some requests authenticate with {', '.join(others)}: that takes an API of its own"
    yield f"[apis.{name}.auth]"
    yield from _credential(name, chosen.config)


def _credential(name: str, given: Mapping[str, str]) -> Iterator[str]:
    for key, value in given.items():
        secret = value or environment_name(name, "key" if key == "value" else key)
        yield f"{key} = {_text(f'${{env:{secret}}}' if key in _FROM_ENVIRONMENT else value)}"


def _text(value: str) -> str:
    """A TOML string: JSON's are ones."""
    return orjson.dumps(value).decode()
