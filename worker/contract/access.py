"""Whether what the config holds lets a request in: credential and headers, against an operation's security schemes."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Final

from worker.contract.operation import Operation, Parameter
from worker.contract.security import Scheme
from worker.outcome import Cause, Fault
from worker.settings.auth import ApiKeyAuth, AuthSettings, BasicAuth, BearerAuth

#: What carries a proof: a kind of ``Authorization``; or a header (in lower case), query parameter or cookie, by name.
_Means = tuple[str, str]

_AUTHORIZATION: Final = ("header", "authorization")
_OURS: Final = frozenset({("header", "user-agent")})  # what every request of ours has


class Access:
    """What one API's config has to show.

    Args:
        auth: the credential.
        headers: those that the config sends with every request: an API may take its key in one of them.
        key: the API's in the config, for messages: ``apis.shop``.
    """

    def __init__(self, auth: AuthSettings, headers: Collection[str], key: str = "apis.NAME") -> None:
        self._key = key
        self._schemes = frozenset(auth.schemes)
        self._credential = frozenset(_means(auth))
        self._headers = frozenset(("header", name.lower()) for name in headers)
        self._free: set[str] = set()  # operations that let this in, whatever the job: at most as many as there are

    def faults(self, operation: Operation, headers: Collection[str], params: Collection[str]) -> list[Fault]:
        """Why an operation would not let a job in; empty where it would.

        Args:
            operation: what is called.
            headers: names of the job's own.
            params: names of the job's own, plain; one may be a key.
        """
        if operation.name in self._free:
            return []
        if _opens(operation, self._meets):
            self._free.add(operation.name)
            return []
        own = frozenset(_brought(operation, headers, params))
        if _opens(operation, lambda scheme: self._meets(scheme) or not own.isdisjoint(_taken(scheme))):
            return []
        asked = " or ".join(" and ".join(map(str, alternative)) for alternative in operation.security)
        detail = f"{operation.name} asks for {asked}, which the config does not have"
        hint = f"configure it in [{self._key}.auth]; if the credential there is meant, write auth.schemes"
        return [Fault("#/operation", "job", "security", detail, hint, Cause.UNAUTHORISED)]

    def relieved(self, operation: Operation) -> Operation:
        """An operation that does not ask jobs for parameters which the config sends with every request."""
        parameters = tuple(
            replace(one, required=False) if one.required and self._sends(one) else one for one in operation.parameters
        )
        return operation if parameters == operation.parameters else replace(operation, parameters=parameters)

    def _sends(self, parameter: Parameter) -> bool:
        return _carrier(parameter) in self._headers | self._credential | _OURS

    def _meets(self, scheme: Scheme) -> bool:
        taken = _taken(scheme)
        if not taken.isdisjoint(self._headers):
            return True
        return scheme.name in self._schemes if self._schemes else not taken.isdisjoint(self._credential)


def _opens(operation: Operation, meets: Callable[[Scheme], bool]) -> bool:
    return not operation.security or any(all(map(meets, alternative)) for alternative in operation.security)


def _means(auth: AuthSettings) -> Iterator[_Means]:
    """What a credential is carried by."""
    match auth:
        case BearerAuth():
            yield "bearer", ""
        case BasicAuth():
            yield "basic", ""
        case ApiKeyAuth(name, place):
            yield place, name.lower() if place == "header" else name


def _taken(scheme: Scheme) -> frozenset[_Means]:
    """Whatever a scheme can be met by; a header called ``Authorization`` may hold any of HTTP's."""
    match scheme.kind:
        case "basic" | "bearer":
            return frozenset({(scheme.kind, ""), _AUTHORIZATION})
        case "other_http":
            return frozenset({_AUTHORIZATION})
        case "header" if scheme.carrier.lower() == "authorization":
            return frozenset({_AUTHORIZATION, ("basic", ""), ("bearer", "")})
        case "header":
            return frozenset({("header", scheme.carrier.lower())})
    return frozenset({(scheme.kind, scheme.carrier)})


def _brought(operation: Operation, headers: Collection[str], params: Collection[str]) -> Iterator[_Means]:
    """What a job carries itself."""
    yield from (("header", name.lower()) for name in headers)
    for name in params:
        if (one := operation.by_flat.get(name)) is not None:
            yield _carrier(one)


def _carrier(parameter: Parameter) -> _Means:
    return parameter.place, parameter.name.lower() if parameter.place == "header" else parameter.name
