from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.limits.count import Count
from worker.limits.word import MAX_WAIT_S, Word, read
from worker.settings.predicate import Said, parse, place
from worker.settings.profile import CountSettings, Profile

NOW = 1_767_225_600.0  # 2026-01-01T00:00:00Z
VENDOR = Profile(
    "vendor",
    (CountSettings(at=place("header:x-left"), limit=place("header:x-limit"), reset=place("header:x-reset")),),
    parse('body contains "slow down"'),
    wait_s=7.0,
)
IN_TEN = {"x-left": "0", "x-limit": "10", "x-reset": "10"}


def _read(
    headers: Mapping[str, str], status: int = 429, profile: Profile | None = None, body: bytes = b""
) -> Word | None:
    return read(Said(status, headers, body), profile, NOW)


def _wait_s(headers: Mapping[str, str], *given: Any, **named: Any) -> float | None:
    word = _read(headers, *given, **named)
    return word.wait_s if word else None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "5"}, 5.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "999999999"}, MAX_WAIT_S),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "1"}, 1.0),
        ({"retry-after": "Thu, 01 Jan 2026 00:01:00 GMT"}, 60.0),
        ({"retry-after": "Wed, 31 Dec 2025 23:00:00 GMT"}, 0.0),
        ({"retry-after": "Fri, 01 Jan 2027 00:00:00 GMT"}, MAX_WAIT_S),
        ({"retry-after": "Thu, 01 Jan 2026 05:00:30 GMT", "date": "Thu, 01 Jan 2026 05:00:00 GMT"}, 30.0),
    ],
)
def test_what_retry_after_asks_for_is_understood(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, fractions, milliseconds and dates by the server's own clock; nonsense says nothing; an hour at most."""
    assert _wait_s(headers) == seconds


def test_the_more_binding_header_wins() -> None:
    """Retry-After, then the IETF's fields, then the vendor's, then those that everybody writes in another way."""
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "40"}
    assert _wait_s(headers, profile=VENDOR) == 40
    headers |= IN_TEN
    assert _wait_s(headers, profile=VENDOR) == 10
    headers |= {"ratelimit": '"default";r=0;t=20'}
    assert _wait_s(headers, profile=VENDOR) == 20
    headers |= {"retry-after": "3"}
    assert _wait_s(headers, profile=VENDOR) == 3


@pytest.mark.parametrize(
    ("headers", "counts"),
    [
        (
            {"ratelimit": '"default";r=50;t=30', "ratelimit-policy": '"default";q=100;w=60'},
            [Count(None, 50, 100, NOW + 30, policy="default")],
        ),
        (
            {"ratelimit": '"a,;b";r=1;t=2, day;r=900', "ratelimit-policy": 'day;q=1000;w=86400,"a,;b";q=10;w=1'},
            [Count(None, 1, 10, NOW + 2, policy="a,;b"), Count(None, 900, 1000, policy="day")],
        ),
        (
            {"ratelimit": '"bytes";r=5;t=1', "ratelimit-policy": '"bytes";q=9;qu="content-bytes"'},
            [Count("content-bytes", 5, 9, NOW + 1, policy="bytes")],
        ),
        ({"ratelimit": "limit=10, remaining=1, reset=7"}, [Count(None, 1, 10, NOW + 7)]),
        (
            {"ratelimit-limit": "10, 10;w=1, 50;w=60", "ratelimit-remaining": "9", "ratelimit-reset": "1"},
            [Count(None, 9, 10, NOW + 1)],
        ),
        ({"ratelimit-remaining": "9"}, [Count(None, 9)]),
        (
            {"x-ratelimit-limit": "60", "x-ratelimit-remaining": "56", "x-ratelimit-reset": "1767225660"},
            [Count(None, 56, 60, NOW + 60)],
        ),
        ({"x-rate-limit-remaining": "3", "x-rate-limit-reset": "1767225660000"}, [Count(None, 3, None, NOW + 60)]),
        (
            {"x-ratelimit-remaining": "3", "x-ratelimit-reset": "Wed, 31 Dec 2025 23:00:00 GMT"},
            [Count(None, 3, None, NOW)],
        ),
        ({"x-ratelimit-remaining": "3", "x-ratelimit-reset": "2126-01-01T00:00:00Z"}, [Count(None, 3)]),
        ({"x-ratelimit-remaining": "-1"}, []),
        ({"x-ratelimit-remaining": "nan"}, []),
        ({"ratelimit": "nonsense"}, []),
        ({"ratelimit": '"";r=x'}, []),
    ],
)
def test_what_is_left_is_understood(headers: dict[str, str], counts: list[Count]) -> None:
    """The draft's fields of today and of yesterday, and the usual ones; a past reset is now, a far one is none."""
    word = _read(headers, 200)
    assert (list(word.counts) if word else []) == counts


def test_most_answers_say_nothing() -> None:
    """And then there is nothing to look at."""
    assert _read({"content-type": "application/json", "date": "Thu, 01 Jan 2026 05:00:00 GMT"}, 200, VENDOR) is None


def test_a_success_never_asks_to_be_left_alone() -> None:
    """Nothing left is for the quota to heed; Retry-After means something else on 2xx and 3xx."""
    assert _read({"retry-after": "30"}, 202) is None
    word = _read(IN_TEN | {"retry-after": "30"}, 200, VENDOR)
    assert word == Word(None, (Count(None, 0, 10, NOW + 10),))


def test_the_reset_of_what_is_not_spent_is_no_time_to_wait() -> None:
    """GitHub throttles bursts while most of the hour's requests are left: nobody should wait for an hour."""
    left = {"x-left": "14", "x-limit": "30", "x-reset": "1800"}
    assert _wait_s(left, profile=VENDOR) == 7
    assert _wait_s({"x-ratelimit-remaining": "14", "x-ratelimit-reset": "1800"}) is None


def test_every_limit_that_is_spent_is_waited_for() -> None:
    """There may be requests again before there are tokens."""
    both = Profile("both", tuple(_counted(name) for name in ("requests", "tokens")))
    headers = {"x-requests-left": "0", "x-requests-reset": "1s", "x-tokens-left": "0", "x-tokens-reset": "6m0s"}
    assert _wait_s(headers, profile=both) == 360
    assert _wait_s(headers | {"x-tokens-left": "9"}, profile=both) == 1


def _counted(name: str) -> CountSettings:
    return CountSettings(
        at=place(f"header:x-{name}-left"),
        cost=None if name == "requests" else name,
        reset=place(f"header:x-{name}-reset"),
    )


def test_a_throttle_inside_a_200_asks_to_be_left_alone() -> None:
    """Where the profile says that it is one."""
    assert _wait_s(IN_TEN, 200, VENDOR, b"please slow down") == 10
    assert _wait_s({}, 200, VENDOR, b"please slow down") == 7
    assert _wait_s({}, 200, VENDOR, b"ok") is None


def test_what_cannot_be_meant_is_said() -> None:
    """A lane must not stand still on a mistake, nor anybody wonder why it goes on."""
    asked = Word(MAX_WAIT_S, note="asks to be left alone for 1157d9h46m39s, taken for 1h")
    assert _read({"retry-after": "99999999"}) == asked
    assert _read({"retry-after": "soon\x1b[2J"}) == Word(note=r"retry-after: 'soon\x1b[2J' is no time to wait")
    slow = CountSettings(at=place("body:/left"), refill=place("body:/refill"), needed=place("body:/needed"))
    for body in (b'{"left": 0, "refill": 1e-308, "needed": 1e308}', b'{"left": 0, "refill": 1e-99}'):
        word = _read({}, profile=Profile("slow", (slow,)), body=body)
        assert word is not None
        assert (word.wait_s, word.note) == (MAX_WAIT_S, "asks to be left alone for ever, taken for 1h")
    word = _read({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "86400"})
    assert word is not None
    assert (word.wait_s, word.note) == (MAX_WAIT_S, "asks to be left alone for 1d, taken for 1h")


_NAMES = st.sampled_from(
    [
        "retry-after",
        "retry-after-ms",
        "date",
        "ratelimit",
        "ratelimit-policy",
        "ratelimit-limit",
        "ratelimit-remaining",
        "ratelimit-reset",
        "x-left",
        "x-limit",
        "x-reset",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
    ]
)
_VALUES = st.one_of(st.text(max_size=40), st.text(alphabet='"a;,=rtqw 0159.-/', max_size=60))


@given(st.dictionaries(_NAMES, _VALUES), st.sampled_from([200, 403, 429, 503]), st.binary(max_size=20))
def test_no_header_stalls_a_lane_or_raises(headers: dict[str, str], status: int, body: bytes) -> None:
    """Whatever stands there: a wait in bounds, resets that are not past, or nothing."""
    word = _read(headers, status, VENDOR, body)
    if word is not None:
        assert word.wait_s is None or 0 <= word.wait_s <= MAX_WAIT_S
        assert all(count.reset_at is None or count.reset_at >= NOW for count in word.counts)
        assert all(count.remaining >= 0 for count in word.counts)
