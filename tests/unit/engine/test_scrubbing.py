"""What is left of a reply that repeats the API's own credential."""

from typing import Final

import pytest
from multidict import CIMultiDict

from worker.engine.sending import scrubbed
from worker.outcome import Answer, Reply
from worker.redaction import redact_body

_SECRET: Final = b"k9+Zq/8Wm3+T/xY7pLr0Q=="


def _scrubbed(body: bytes, *, truncated: bool = False) -> str:
    reply = _answer(scrubbed(Answer(400, {}, body, 1.0, truncated), (_SECRET,)))
    return redact_body(reply.body, 4096)


def _answer(reply: Reply) -> Answer:
    assert isinstance(reply, Answer)
    return reply


@pytest.mark.parametrize(
    "repeated",
    [
        _SECRET,
        _SECRET.replace(b"/", rb"\/"),
        _SECRET.replace(b"+", rb"\u002B"),
        b"k9%2BZq%2F8Wm3%2BT%2FxY7pLr0Q%3D%3D",
        _SECRET.replace(b"=", b"&#61;"),
    ],
)
def test_no_record_holds_a_credential_in_another_spelling(repeated: bytes) -> None:
    """As servers in PHP and .NET write it, or a page of HTML; a record would spell it out again."""
    assert _scrubbed(b'{"message":"unknown %s"}' % repeated) == '{"message":"unknown [redacted]"}'


def test_no_record_holds_what_was_left_of_a_credential() -> None:
    """Where the answer was longer than is read."""
    assert _scrubbed(b'{"message":"unknown ' + _SECRET[:20], truncated=True) == '{"message":"unknown [redacted]'


@pytest.mark.parametrize("name", ["Location", "location"])
def test_the_other_headers_of_a_reply_are_heard(name: str) -> None:
    """Above all for how long the API wants to be left alone; of a header that comes twice the first counts."""
    headers = CIMultiDict({"Retry-After": "60", name: f"/x?k={_SECRET.decode()}&n=1", "X-Left": "0"})
    headers.add("x-left", "9")
    heard = _answer(scrubbed(Answer(429, headers, b"", 1.0), (_SECRET,))).headers
    assert {**heard} == {"retry-after": "60", "location": "/x?k=[redacted]&n=1", "x-left": "0"}
