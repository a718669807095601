import time
from typing import Any, Final

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker import redaction
from worker.redaction import REDACTED, is_secret, redact, redact_body, redact_headers, redact_text, redact_url

_JWT: Final = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
_SECRET: Final = "hunter2hunter2"
_NAMES: Final = ["password", "apiKey", "X-Api-Key", "client_secret", "AUTHORIZATION", "refresh-token", "PRIVATE-TOKEN"]


@pytest.mark.parametrize("name", [*_NAMES, "Set-Cookie", "x_amz_security_token", "jwt", "Ocp.Api.Key"[4:]])
def test_names_of_secrets_are_known_in_every_spelling(name: str) -> None:
    """Case, hyphens, underscores and dots make no difference."""
    assert is_secret(name)


@pytest.mark.parametrize("name", ["tokens", "secretary", "keyboard", "author", "max_tokens", "passwords_sent", ""])
def test_names_that_merely_contain_one_are_no_secrets(name: str) -> None:
    """Otherwise records would be useless."""
    assert not is_secret(name)


def test_headers_lose_their_secrets_only() -> None:
    """By name, and by what a value looks like."""
    found = redact_headers({"X-Api-Key": "abc", "X-Trace": "1", "X-Forwarded-Auth": f"Bearer {_SECRET}"})
    assert found == {"X-Api-Key": REDACTED, "X-Trace": "1", "X-Forwarded-Auth": REDACTED}


def test_a_missing_secret_stays_missing() -> None:
    """That it was null may be the fault."""
    assert redact({"password": None, "a": [{"token": 5}]}) == {"password": None, "a": [{"token": REDACTED}]}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"got Bearer {_SECRET} from you", f"got {REDACTED} from you"),
        (f"basic {_SECRET}==", REDACTED),
        (f"token {_JWT} expired", f"token {REDACTED} expired"),
        (f"session-{_JWT} expired", f"{REDACTED} expired"),
        ("keyJoker99.example.com", "keyJoker99.example.com"),
        (f"at /a?api_key={_SECRET}&b=1", f"at /a?api_key={REDACTED}&b=1"),
        ("bearer of news; a=b", "bearer of news; a=b"),
        ("max_tokens=5", "max_tokens=5"),
    ],
)
def test_secrets_inside_of_text_are_found(text: str, shown: str) -> None:
    """As an API echoes them."""
    assert redact_text(text) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:pw@h/p?a=1&token=x#access_token=y", f"https://h/p?a=1&token=[redacted]#access_token={REDACTED}"),
        ("https://h/p", "https://h/p"),
        ("/p?q=", "/p?q="),
        ("http://[bad", "an address that cannot be read"),
    ],
)
def test_an_address_loses_user_info_and_secret_parameters(url: str, shown: str) -> None:
    """And is never a reason to stop."""
    assert redact_url(url).replace("%5Bredacted%5D", REDACTED) == shown


_VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text('abc"\\ä{}[]:,', max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('ab"\\ä', max_size=4), inner, max_size=3),
    max_leaves=6,
)
_HIDDEN: Final = st.sampled_from([_SECRET, {"a": _SECRET}, [1, _SECRET], f'x"{_SECRET}\\'])


@given(_VALUES, st.sampled_from(_NAMES), _HIDDEN, _VALUES, st.integers(0, 200), st.booleans())
def test_a_secret_under_a_secret_name_is_never_written(
    before: Any, name: str, hidden: Any, after: Any, cut: int, is_deep: Any
) -> None:
    """However deep, whatever stands around it, and wherever the answer was cut short."""
    inner = {"before": before, name: hidden, "after": after}
    body = orjson.dumps({"x": [inner]} if is_deep else inner)
    for part in (body, body[: len(body) - cut] if cut < len(body) else body):
        assert _SECRET not in redact_body(part, 4096)
    assert _SECRET not in orjson.dumps(redact(orjson.loads(body))).decode()


@pytest.mark.parametrize("value", ["12345678", "true", '"12345678', '{"a": 12345678', "[12345678, 5"])
def test_json_that_was_cut_short_hides_values_of_every_type(value: str) -> None:
    """Numbers, lists and objects under a secret name too."""
    shown = redact_body(f'{{"ok": 1, "password" : {value}'.encode(), 4096)
    assert "12345678" not in shown
    assert shown.startswith('{"ok": 1, "password" : "[redacted]"')


@given(st.binary(max_size=60) | st.text(max_size=40).map(str.encode), st.integers(0, 50))
def test_a_body_is_cut_to_its_limit_in_bytes(body: bytes, limit_bytes: int) -> None:
    """Whatever it is made of."""
    assert len(redact_body(body, limit_bytes).encode()) <= limit_bytes


@pytest.mark.parametrize(
    "repeated", ["eyJ-", "-eyJaaaaa", ".eyJaaaaa", "a.", "bearer ", "basic\t\t", '"a" ', "token", '\\"']
)
def test_no_answer_takes_longer_than_its_length(repeated: str) -> None:
    """An API that is hostile, or just odd, would keep every other job waiting: 64 KB once took seconds."""
    for before, after in (('{"e":"', '"}'), ("token=", ""), ("eyJaaaaa", "."), ('{"key":"', "")):
        body = f"{before}{repeated * (65_000 // len(repeated))}{after}".encode()
        began = time.process_time()
        redact_body(body, 4096)
        assert time.process_time() - began < 0.5


def test_a_body_without_a_bottom_is_written_as_far_as_anybody_looks() -> None:
    """A thousand brackets are a legal answer."""
    assert REDACTED in redact_body(b"[" * 1000 + b'"key"' + b"]" * 1000, 4096)
    assert redact_body(b"[" * 1000 + b"]" * 1000, 4096) == "[" * 1000 + "]" * 1000


def test_no_secret_name_slips_past_the_quick_look() -> None:
    """Answers without any of a few words are written as they are."""
    assert [name for name in redaction._SECRET_NAMES if not redaction._SUSPECT.search(name.encode())] == []
