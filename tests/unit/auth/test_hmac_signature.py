from typing import Any, Final

import pytest

from worker.auth.credential import from_settings
from worker.errors import ConfigError
from worker.outcome import Request
from worker.settings import HmacAuth
from worker.settings.secret import Secret

_NOW: Final = 1_767_225_600.9
_SHA512: Final = (
    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
    "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
)


def _sent(key: str, body: bytes | None, **settings: Any) -> dict[str, str]:
    credential = from_settings(HmacAuth(Secret(key, "env:KEY"), "X-Signature", **settings))
    request = Request("POST", "https://h/v1/orders?dry=1&x=%20", {"X": "1"}, body, idempotent=False)
    return dict(credential.apply(request, "job-1", _NOW).headers)


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ("sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        ("sha512", _SHA512),
    ],
)
def test_signatures_are_those_of_the_standards(algorithm: str, expected: str) -> None:
    """Test case 2 of RFC 2202 and RFC 4231."""
    sent = _sent("Jefe", b"what do ya want for nothing?", algorithm=algorithm)
    assert sent == {"X": "1", "X-Signature": expected}


def test_a_signature_may_have_a_prefix_and_be_base64() -> None:
    """As GitHub documents it, and in the other encoding."""
    digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    key, body = "It's a Secret to Everybody", b"Hello, World!"
    assert _sent(key, body, prefix="sha256=")["X-Signature"] == f"sha256={digest}"
    assert _sent(key, body, encoding="base64")["X-Signature"] == "dXEH6g6yUJ/CESIczphLijdXC211hsIsRvQ3nIsEPhc="


def test_time_method_and_path_are_signed_where_the_content_names_them() -> None:
    """Whole seconds, which go along in their own header; the path has its query, as it is sent."""
    text = "1767225600.POST./v1/orders?dry=1&x=%20.{}"
    sent = _sent("k", b"{}", content="{timestamp}.{method}.{path}.{body}", timestamp_header="X-Time")
    assert sent["X-Time"] == "1767225600"
    assert sent["X-Signature"] == _sent("k", text.encode())["X-Signature"]


def test_a_request_without_a_body_signs_nothing() -> None:
    """Rather than the word None."""
    assert _sent("k", None) == _sent("k", b"")


def test_bytes_that_look_like_a_template_stay_as_they_are() -> None:
    """Only the config says what is put where."""
    assert _sent("k", b"{method}") != _sent("k", b"POST")


def test_an_empty_key_is_refused_and_no_key_is_shown() -> None:
    """Anybody could sign with it."""
    with pytest.raises(ConfigError, match="env:KEY is empty"):
        _sent("", b"")
    assert "hunter22" not in repr(from_settings(HmacAuth(Secret("hunter22", "env:KEY"), "X-Signature")))
