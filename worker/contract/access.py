"""Whether what the config holds lets a request in: credential and headers, against an operation's security schemes."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from worker.contract.operation import Operation, Parameter
from worker.contract.security import Scheme
from worker.outcome import Cause, Fault
from worker.settings.api import ApiSettings
from worker.settings.auth import (
    ApiKeyAuth,
    AuthSettings,
    BasicAuth,
    BearerAuth,
    HmacAuth,
    MtlsAuth,
    OAuth2Auth,
    StandardWebhooksAuth,
)

#: What carries a proof: a kind of ``Authorization``; or a header (in lower case), query parameter or cookie, by name.
_Means = tuple[str, str]

_AUTHORIZATION: Final = ("header", "authorization")
_OURS: Final = frozenset({("header", "user-agent")})  # what every request of ours has


class Access:
    """What one API's config has to show.

    Args:
        auth: the credential.
        headers: those that the config sends with every request: an API may take its key in one of them.
        section: the credential's in the config, for messages: ``apis.shop.auth``.
        by_key: what is shown instead for jobs with these keys.
    """

    def __init__(
        self,
        auth: AuthSettings,
        headers: Collection[str],
        section: str = "apis.NAME.auth",
        by_key: "Mapping[str, Access]" = MappingProxyType({}),
    ) -> None:
        self._section = section
        self._by_key = by_key
        self._schemes = frozenset(auth.schemes)
        self._credential = frozenset(_means(auth))
        self._headers = frozenset(("header", name.lower()) for name in headers)
        self._free: set[str] = set()  # operations that let this in, whatever the job: at most as many as there are

    def of(self, key: str | None) -> "Access":
        """What is shown for jobs with a key."""
        return self._by_key.get(key, self) if self._by_key and key is not None else self

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
        hint = f"configure it in [{self._section}]; if the credential there is meant, write auth.schemes"
        return [Fault("#/operation", "job", "security", detail, hint, Cause.UNAUTHORISED)]

    def relieved(self, operation: Operation) -> Operation:
        """An operation that does not ask jobs for parameters which the config sends with every request."""
        parameters = tuple(
            replace(one, required=False) if one.required and self.sends(one) else one for one in operation.parameters
        )
        return operation if parameters == operation.parameters else replace(operation, parameters=parameters)

    def sends(self, parameter: Parameter) -> bool:
        """Whether it is a parameter that the config sends, of some jobs at least: who lacks it has no access."""
        sent = self._headers | self._credential | _OURS
        return _carrier(parameter) in sent or any(one.sends(parameter) for one in self._by_key.values())

    def _meets(self, scheme: Scheme) -> bool:
        taken = _taken(scheme)
        if not taken.isdisjoint(self._headers):
            return True
        return scheme.name in self._schemes if self._schemes else not taken.isdisjoint(self._credential)


def from_settings(api: ApiSettings) -> Access:
    """What an API's config has to show."""
    section = f"apis.{api.name}"
    by_key = {key: Access(one, api.headers, f"{section}.credentials.{key}") for key, one in api.credentials.items()}
    return Access(api.auth, api.headers, f"{section}.auth", by_key)


def _opens(operation: Operation, meets: Callable[[Scheme], bool]) -> bool:
    return not operation.security or any(all(map(meets, alternative)) for alternative in operation.security)


def _means(auth: AuthSettings) -> Iterator[_Means]:
    """What a credential is carried by."""
    match auth:
        case BearerAuth() | OAuth2Auth():
            yield "bearer", ""
        case BasicAuth():
            yield "basic", ""
        case ApiKeyAuth(name, place):
            yield place, name.lower() if place == "header" else name
        case HmacAuth():
            yield "header", auth.header.lower()
            if auth.timestamp_header:
                yield "header", auth.timestamp_header.lower()
        case StandardWebhooksAuth():
            yield from (("header", f"webhook-{part}") for part in ("id", "timestamp", "signature"))
        case MtlsAuth():
            yield "mutual_tls", ""


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
