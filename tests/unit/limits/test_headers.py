import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.limits.headers import MAX_WAIT_S, retry_after_s

_NOW = 1_767_225_600.0  # 2026-01-01T00:00:00Z


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "5"}, 5.0),
        ({"retry-after": " 5 "}, 5.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1_0"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1e999"}, None),
        ({"retry-after": "999999999"}, MAX_WAIT_S),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "1"}, 1.0),
        ({"retry-after": "Thu, 01 Jan 2026 00:01:00 GMT"}, 60.0),
        ({"retry-after": "Thu, 01 Jan 2026 00:01:00"}, 60.0),
        ({"retry-after": "Thu, 01 Jan 2026 00:01:00 -0000"}, 60.0),
        ({"retry-after": "Wed, 31 Dec 2025 23:00:00 GMT"}, 0.0),
        ({"retry-after": "Fri, 01 Jan 2027 00:00:00 GMT"}, MAX_WAIT_S),
        ({"retry-after": "Thu, 01 Jan 2026 05:00:30 GMT", "date": "Thu, 01 Jan 2026 05:00:00 GMT"}, 30.0),
        ({"retry-after": "Thu, 01 Jan 2026 00:01:00 GMT", "date": "yesterday"}, 60.0),
        ({"retry-after": "Thu, 99 Jan 2026 00:01:00 GMT"}, None),
    ],
)
def test_what_an_answer_asks_for_is_understood(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, fractions, milliseconds and dates by the server's own clock; nonsense says nothing."""
    assert retry_after_s(headers, _NOW) == seconds


@given(st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms", "date"]), st.text(max_size=40)))
def test_no_header_stalls_a_lane_or_raises(headers: dict[str, str]) -> None:
    """Whatever stands there: a wait in bounds, or nothing."""
    seconds = retry_after_s(headers, _NOW)
    assert seconds is None or 0 <= seconds <= MAX_WAIT_S
