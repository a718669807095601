"""``type = "hmac"``: a header with a signature of each request, made over the exact bytes that are sent."""

import base64
import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import urlsplit

from worker.errors import ConfigError
from worker.outcome import Request
from worker.settings.auth import HmacAuth

_PART: Final = re.compile(r"\{(timestamp|method|path|body)\}")


@dataclass(frozen=True, slots=True)
class HmacCredential:
    """Signs requests as ``[apis.NAME.auth]`` says.

    Attributes:
        content: literal texts and names of a request's parts, in turn; a text first.
    """

    settings: HmacAuth
    content: tuple[str, ...]
    secrets: tuple[bytes, ...] = field(default=(), repr=False)
    expires_at: float | None = None

    @classmethod
    def made(cls, settings: HmacAuth, secrets: tuple[bytes, ...]) -> Self:
        """The credential of settings.

        Raises:
            ConfigError: the secret is empty, and anybody could sign with it.
        """
        if not settings.secret.reveal():
            raise ConfigError(f"the secret of {settings.secret.origin} is empty; is it the right value?")
        return cls(settings, tuple(_PART.split(settings.content)), secrets)

    @property
    def origin(self) -> str:
        """See ``Credential``."""
        return self.settings.secret.origin

    @property
    def names(self) -> Collection[str]:
        """See ``Credential``."""
        return tuple(filter(None, (self.settings.header, self.settings.timestamp_header)))

    def apply(self, request: Request, job_id: str, now: float) -> Request:  # noqa: ARG002 - its bytes say who it is
        """See ``Credential``: the time and the signature are those of this attempt."""
        assert isinstance(request.body, bytes | None), "files are read before a request is signed"
        settings, timestamp = self.settings, str(int(now))
        target = urlsplit(request.url)
        parts = {
            "timestamp": timestamp.encode(),
            "method": request.method.encode(),
            "path": f"{target.path or '/'}{'?' + target.query if target.query else ''}".encode(),
            "body": request.body or b"",
        }
        signed = b"".join(parts[piece] if number % 2 else piece.encode() for number, piece in enumerate(self.content))
        digest = hmac.digest(settings.secret.reveal().encode(), signed, settings.algorithm)
        told = digest.hex() if settings.encoding == "hex" else base64.b64encode(digest).decode()
        headers = {**request.headers, settings.header: f"{settings.prefix or ''}{told}"}
        if settings.timestamp_header:
            headers[settings.timestamp_header] = timestamp
        return request._replace(headers=headers)
