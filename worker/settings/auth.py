"""``[apis.NAME.auth]``: the credential, one frozen dataclass per type."""

# ruff: noqa: RUF009 - setting() and sections() return a dataclasses.field, which is meant to be made once

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from worker.settings import kinds, lists, web
from worker.settings.about import setting
from worker.settings.secret import Secret


def _schemes() -> Any:
    """The one key that every type has."""
    return setting(lists.SCHEMES, "empty: by kind; names the contract's security schemes that it serves", ())


@dataclass(frozen=True, slots=True)
class NoAuth:
    """``type = "none"``: the API asks for no credential.

    Attributes:
        schemes: of every type: the contract's security schemes that the credential serves; () goes by their kind.
    """

    schemes: tuple[str, ...] = _schemes()


@dataclass(frozen=True, slots=True)
class BearerAuth:
    """``type = "bearer"``: ``Authorization: Bearer TOKEN``."""

    token: Secret = setting(kinds.SecretText(), "the credential; write ${env:NAME} or ${file:PATH}")
    schemes: tuple[str, ...] = _schemes()


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """``type = "basic"``: user name and password (RFC 7617)."""

    username: str = setting(kinds.Text(), "the account")
    password: Secret = setting(kinds.SecretText(), "the credential; write ${env:NAME} or ${file:PATH}")
    schemes: tuple[str, ...] = _schemes()


@dataclass(frozen=True, slots=True)
class ApiKeyAuth:
    """``type = "api_key"``: a header, a query parameter or a cookie of the API's choosing.

    Attributes:
        name: of the header, parameter or cookie.
        place: ``in`` in the file.
    """

    name: str = setting(web.HEADER_NAME, "what the API calls it")
    place: Literal["header", "query", "cookie"] = setting(
        kinds.Choice("header", "query", "cookie"),
        "where the API looks for it; no default, since all are common",
        key="in",
    )
    value: Secret = setting(kinds.SecretText(), "the credential; write ${env:NAME} or ${file:PATH}")
    schemes: tuple[str, ...] = _schemes()


AuthSettings = NoAuth | BearerAuth | BasicAuth | ApiKeyAuth

#: What ``type`` may say in ``[apis.NAME.auth]``.
AUTH_TYPES: Final[Mapping[str, type]] = {
    "none": NoAuth,
    "bearer": BearerAuth,
    "basic": BasicAuth,
    "api_key": ApiKeyAuth,
}
