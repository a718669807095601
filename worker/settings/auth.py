"""``[apis.NAME.auth]``: the credential, one frozen dataclass per type."""

# ruff: noqa: RUF009 - setting() and sections() return a dataclasses.field, which is meant to be made once

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
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


@dataclass(frozen=True, slots=True)
class OAuth2Auth:
    """``type = "oauth2"``: a token that is fetched: for client credentials, or a refresh token (RFC 6749).

    Attributes:
        refresh_token: None where the client itself is what has access.
        style: how the client shows who it is: ``Authorization: Basic``, or ``client_id`` in the body.
        early_s: seconds before its end at which a token is replaced.
    """

    token_url: str = setting(web.Url(), "where tokens are had")
    client_id: str = setting(kinds.Text(), "the client's name there")
    client_secret: Secret = setting(kinds.SecretText(), "the credential; write ${env:NAME} or ${file:PATH}")
    scopes: tuple[str, ...] = setting(lists.SCOPES, "empty: what the API gives unasked", ())
    audience: str | None = setting(kinds.Text(), "unset: not sent; some ask which API the token is for", None)
    refresh_token: Secret | None = setting(
        kinds.SecretText(), "unset: client credentials; write ${env:NAME} or ${file:PATH}", None
    )
    style: Literal["basic", "body"] = setting(kinds.Choice("basic", "body"), "basic is what RFC 6749 asks for", "basic")
    early_s: float = setting(
        kinds.Duration(0, 3600), "no request leaves with a token that ends under way", 60, key="early"
    )
    schemes: tuple[str, ...] = _schemes()


@dataclass(frozen=True)
class Content:
    """What is signed: a text with parts of the request in braces."""

    def read(self, raw: object, _folder: Path, /) -> str:
        """The text as it is."""
        content = kinds.text(raw)
        for inside in re.findall(r"\{([^{}]*)\}", content):
            if inside not in {"timestamp", "method", "path", "body"}:
                raise ValueError(f"has {{{inside}}} in it, which no request has: write {self}")
        if "{body}" not in content:
            raise ValueError("does not sign the body: write {body} in it")
        return content

    def __str__(self) -> str:
        return "text with {timestamp}, {method}, {path} and {body}"


@dataclass(frozen=True, slots=True)
class HmacAuth:
    """``type = "hmac"``: a header with a signature of each request as it leaves.

    Attributes:
        header: that the signature is in, after ``prefix``.
        content: what is signed; ``{timestamp}`` is whole epoch seconds, ``{path}`` has the query with it.
        timestamp_header: that the timestamp is in.
    """

    secret: Secret = setting(kinds.SecretText(), "the shared key; write ${env:NAME} or ${file:PATH}")
    header: str = setting(web.HEADER_NAME, "where the API looks for the signature")
    algorithm: Literal["sha256", "sha1", "sha512"] = setting(
        kinds.Choice("sha256", "sha1", "sha512"), "what most APIs ask for", "sha256"
    )
    encoding: Literal["hex", "base64"] = setting(kinds.Choice("hex", "base64"), "what most APIs ask for", "hex")
    prefix: str | None = setting(kinds.Text(), "unset: nothing stands before the signature", None)
    content: str = setting(Content(), "the exact bytes that are sent", "{body}")
    timestamp_header: str | None = setting(web.HEADER_NAME, "unset: the time is not sent", None)
    schemes: tuple[str, ...] = _schemes()


@dataclass(frozen=True, slots=True)
class StandardWebhooksAuth:
    """``type = "standard_webhooks"``: ``webhook-id``, ``webhook-timestamp`` and ``webhook-signature``.

    Attributes:
        secret: ``whsec_`` and the key in base64.
    """

    secret: Secret = setting(kinds.SecretText(), "whsec_... as the receiver gave it; write ${env:NAME} or ${file:PATH}")
    schemes: tuple[str, ...] = _schemes()


@dataclass(frozen=True, slots=True)
class MtlsAuth:
    """``type = "mtls"``: a client certificate.

    Attributes:
        certificate: PEM, with the chain that the API wants to see.
        key: PEM; None where it is in the certificate's file.
        password: of the key; None where it has none.
    """

    certificate: Path = setting(kinds.File(), "PEM: the certificate, then the chain")
    key: Path | None = setting(kinds.File(), "unset: it is in the certificate's file", None)
    password: Secret | None = setting(
        kinds.SecretText(), "unset: the key has none; write ${env:NAME} or ${file:PATH}", None
    )
    schemes: tuple[str, ...] = _schemes()


AuthSettings = NoAuth | BearerAuth | BasicAuth | ApiKeyAuth | OAuth2Auth | HmacAuth | StandardWebhooksAuth | MtlsAuth

#: What ``type`` may say in ``[apis.NAME.auth]``.
AUTH_TYPES: Final[Mapping[str, type]] = {
    "none": NoAuth,
    "bearer": BearerAuth,
    "basic": BasicAuth,
    "api_key": ApiKeyAuth,
    "oauth2": OAuth2Auth,
    "hmac": HmacAuth,
    "standard_webhooks": StandardWebhooksAuth,
    "mtls": MtlsAuth,
}
