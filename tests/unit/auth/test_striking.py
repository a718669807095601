"""What an API repeats of a credential is struck out, in whatever spelling."""

import html
import json
import time
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.auth.striking import strike

_SECRET: Final = 'k9+Zq/8Wm3&T xY7"p=='
_SPELLINGS: Final[Mapping[str, Callable[[str], str]]] = {
    "as it is": lambda text: text,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON of PHP": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "JSON of .NET": lambda text: json.dumps(text)[1:-1].replace("+", "\\u002B").replace('\\"', "\\u0022"),
    "JSON without a plain character": lambda text: "".join(f"\\u{ord(one):04x}" for one in text),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "an address": lambda text: quote(text, safe=""),
    "an address in lower case": lambda text: quote(text, safe="").replace("%2B", "%2b").replace("%2F", "%2f"),
    "an address in an address": lambda text: quote(quote(text, safe=""), safe=""),
    "a form": quote_plus,
    "HTML": html.escape,
    "HTML by numbers": lambda text: "".join(f"&#{ord(one)};" for one in text),
    "HTML by other numbers": lambda text: "".join(f"&#x{ord(one):X};" for one in text),
}


@pytest.mark.parametrize("spelling", _SPELLINGS)
def test_a_secret_is_struck_out_in_every_spelling(spelling: str) -> None:
    """And nothing else is, however often it stands there."""
    spelled = _SPELLINGS[spelling](_SECRET)
    text = f'{{"of \\u00e4": "50%25 \\/ {spelled}", "and": "{spelled}", "a+b": "&amp;"}}'
    expected = text.replace(spelled, "[redacted]")
    assert strike(text.encode(), [b"another", _SECRET.encode()]).decode() == expected


@pytest.mark.parametrize("spelling", _SPELLINGS)
@pytest.mark.parametrize("length", range(8, len(_SECRET)))
def test_the_beginning_of_a_secret_at_the_end_of_a_cut_text_is_struck_out(spelling: str, length: int) -> None:
    """Wherever it was cut, also within an escape; what is left tells less than what is no secret."""
    spelled = _SPELLINGS[spelling](_SECRET)
    text = "it was " + spelled[: len(_SPELLINGS[spelling](_SECRET[:length])) + 1]
    assert strike(text.encode(), [_SECRET.encode()], cut=True) == b"it was [redacted]"


def test_a_text_that_was_not_cut_keeps_its_end() -> None:
    """The beginning of a secret there is something else; and so is its end, or what is too short for one."""
    assert strike(b"the key k9+Zq/8", [b"k9+Zq/8Wm3"]) == b"the key k9+Zq/8"
    assert strike(b"cut k9+Zq 100%", [b"k9+Zq/8Wm3"], cut=True) == b"cut k9+Zq 100"


@given(st.text('aub/%+&;#025\\"ä', min_size=6).map("{}z".format), st.text(), st.text())
def test_no_secret_survives_as_json(secret: str, before: str, after: str) -> None:
    """Whatever it is made of, and whatever stands around it: also one that looks like an escape itself."""
    text = json.dumps({"before": before, "said": secret, "after": after}, ensure_ascii=False).encode()
    struck = json.loads(strike(text, [secret.encode()]).decode())
    assert secret not in struck["said"]


@pytest.mark.parametrize("repeated", ["\\", "%25", "&#1", "+", "\\u0061", "k9%2BZq%2F8", "&", "\\/"])
def test_an_answer_full_of_escapes_takes_no_longer_than_its_length(repeated: str) -> None:
    """An API that is hostile would keep every other job waiting."""
    text = (repeated * (65_536 // len(repeated))).encode()
    began = time.process_time()
    strike(text, [b"k9+Zq/8", b"aaaaaaaaaaaaaaaaaaaab"], cut=True)
    assert time.process_time() - began < 0.5
