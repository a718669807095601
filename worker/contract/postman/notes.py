"""Says what is not known of a collection's variables, and what could not be read, so that a person can put it right."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from worker.contract.postman.auth import environment_name
from worker.contract.postman.operation import Member
from worker.contract.postman.url import placeholders, written
from worker.contract.postman.variables import names, text


def notes(base: str, members: Sequence[Member]) -> Iterator[str]:
    """A sentence each about the variables in the server's address, in paths and in bodies.

    Args:
        base: the server's address; what is not known of it stands in double braces.
        members: every request that was taken.
    """
    if unknown := _listed(names(base)):
        variables = ", ".join(dict.fromkeys(map(environment_name, names(base))))
        yield f"the collection does not say what {unknown} is: set {variables}, or write base_url yourself"
    if parameters := _listed(name for one in members for name in _in_path(one)):
        yield f"{parameters} stands in paths, so each job gives it as a parameter"
    if untyped := _listed(name for one in members for name in _in_body(one)):
        yield f"nothing is known of {untyped}: where that stands in a body, jobs may have any value"


def problems(members: Sequence[Member]) -> Iterator[str]:
    """What could not be read of requests, and what was done instead."""
    for member in members:
        if member.sample is not None and member.sample.problem:
            yield f"{member.request.title}: {member.sample.problem}"
        if any(pair.enabled and pair.name.lower() == "cookie" for pair in member.request.headers):
            yield f"{member.request.title}: its Cookie header is left out; a session is a secret"


def _in_path(member: Member) -> Iterator[str]:
    inside = set(placeholders(member.target.path))
    return (name for name in names(written(member.request).partition("?")[0]) if name in inside)


def _in_body(member: Member) -> Iterator[str]:
    given = member.request.body or {}
    inner = given.get("graphql")
    texts = [given.get("raw"), inner.get("variables") if isinstance(inner, Mapping) else None]
    found = (name for one in texts for name in names(text(one)))
    return (name for name in found if not name.startswith("$") and member.request.variables.sample(name) is None)


def _listed(found: Iterable[str]) -> str:
    return ", ".join(f"{{{{{name}}}}}" for name in dict.fromkeys(found))
