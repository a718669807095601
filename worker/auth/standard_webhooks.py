"""``type = "standard_webhooks"``: https://www.standardwebhooks.com, with a symmetric key (``v1``)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final, Self

from worker.errors import ConfigError
from worker.outcome import Request
from worker.settings.secret import Secret

_PREFIX: Final = "whsec_"


@dataclass(frozen=True, slots=True)
class StandardWebhooksCredential:
    """Signs id, time and body."""

    origin: str
    key: bytes = field(repr=False)
    secrets: tuple[bytes, ...] = field(default=(), repr=False)
    expires_at: float | None = None

    @classmethod
    def made(cls, secret: Secret, secrets: tuple[bytes, ...] = ()) -> Self:
        """The credential of a secret, ``whsec_`` and a key in base64.

        Raises:
            ConfigError: it is not.
        """
        try:
            key = base64.b64decode(secret.reveal().removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not key:
            raise ConfigError(
                f"the secret of {secret.origin} is not {_PREFIX} and a key in base64; is it the right value?"
            )
        return cls(secret.origin, key, secrets)

    @property
    def names(self) -> Collection[str]:
        """See ``Credential``."""
        return "webhook-id", "webhook-timestamp", "webhook-signature"

    def apply(self, request: Request, job_id: str, now: float) -> Request:
        """See ``Credential``: the id is the same over retries of a job, and another once the job was mended."""
        assert isinstance(request.body, bytes | None), "files are read before a request is signed"
        body = request.body or b""
        number = hashlib.blake2b(f"{job_id}\0{request.url}\0".encode() + body, digest_size=16).hexdigest()
        headers = {**request.headers, **self.signature(f"msg_{number}", int(now), body)}
        return request._replace(headers=headers)

    def signature(self, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
        """The three headers of a message."""
        signed = f"{message_id}.{timestamp}.".encode() + body
        told = base64.b64encode(hmac.digest(self.key, signed, "sha256")).decode()
        return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": f"v1,{told}"}
