import base64
from typing import Final

import pytest

from worker.auth.credential import from_settings
from worker.auth.standard_webhooks import StandardWebhooksCredential
from worker.errors import ConfigError
from worker.outcome import Request
from worker.settings import StandardWebhooksAuth
from worker.settings.secret import Secret

#: The vector that the reference implementations of Standard Webhooks are held to.
_SECRET: Final = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "env:KEY")
_ID, _TIMESTAMP, _BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}'
_SIGNATURE: Final = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def _sent(body: bytes, job_id: str = "job.1 ü", now: float = 1.5) -> dict[str, str]:
    request = Request("POST", "https://h/hook", {"X": "1"}, body, idempotent=False)
    return dict(from_settings(StandardWebhooksAuth(_SECRET)).apply(request, job_id, now).headers)


@pytest.mark.parametrize("secret", [_SECRET, Secret(_SECRET.reveal().removeprefix("whsec_"))])
def test_a_signature_is_that_of_the_specification(secret: Secret) -> None:
    """Its own test vector; a secret without the prefix is the same."""
    assert StandardWebhooksCredential.made(secret).signature(_ID, _TIMESTAMP, _BODY) == {
        "webhook-id": _ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": _SIGNATURE,
    }


def test_every_attempt_has_its_own_time_and_signature_and_the_same_id() -> None:
    """A receiver drops what it has had; the id has no dot, which would end it where it is signed."""
    first, again = _sent(b"{}"), _sent(b"{}", now=61.5)
    assert first["webhook-id"] == again["webhook-id"]
    assert first["webhook-id"].isascii()
    assert "." not in first["webhook-id"]
    assert (first["webhook-timestamp"], again["webhook-timestamp"]) == ("1", "61")
    assert first["webhook-signature"] != again["webhook-signature"]
    assert first["X"] == "1"


def test_a_mended_job_has_another_id() -> None:
    """It would be dropped as one that was had before; so has another job with the same content."""
    assert len({_sent(b"{}")["webhook-id"], _sent(b"[]")["webhook-id"], _sent(b"{}", "2")["webhook-id"]}) == 3


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_?", "whsec_abc"])
def test_a_secret_that_is_no_key_is_refused_without_showing_it(text: str) -> None:
    """At the start."""
    with pytest.raises(ConfigError, match="env:KEY is not whsec_ and a key in base64") as caught:
        from_settings(StandardWebhooksAuth(Secret(text, "env:KEY")))
    assert not text.removeprefix("whsec_") or text not in str(caught.value)


def test_no_key_is_shown() -> None:
    """Neither as text nor as bytes."""
    shown = repr(from_settings(StandardWebhooksAuth(_SECRET)))
    assert _SECRET.reveal() not in shown
    assert repr(base64.b64decode(_SECRET.reveal().removeprefix("whsec_"))) not in shown
