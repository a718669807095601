import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.limits.moment import number, seconds_until

NOW = 1_767_225_600.0  # 2026-01-01T00:00:00Z


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5.0),
        (" 5 ", 5.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("999999999", 999_999_999.0),
        ("1767225660", 60.0),
        ("1767225660.5", 60.5),
        ("1767225660000", 60.0),
        ("1767225540", -60.0),
        ("6m0s", 360.0),
        ("1h2m3.5s", 3723.5),
        ("120ms", 0.12),
        ("8ms", 0.008),
        ("0s", 0.0),
        ("250µs", 0.00025),
        ("1m", 60.0),
        ("2026-01-01T00:01:00Z", 60.0),
        ("2026-01-01T00:01:00.250Z", 60.25),
        ("2026-01-01T01:01:00+01:00", 60.0),
        ("2026-01-01T00:01Z", 60.0),
        ("2026-01-01T00:01:00", 60.0),
        ("Thu, 01 Jan 2026 00:01:00 GMT", 60.0),
        ("Thu, 01 Jan 2026 00:01:00", 60.0),
        ("Thu, 01 Jan 2026 00:01:00 -0000", 60.0),
        ("Wed, 31 Dec 2025 23:00:00 GMT", -3600.0),
        ("", None),
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("1_0", None),
        ("٣", None),
        ("soon", None),
        ("m5", None),
        ("5 m", None),
        ("Thu, 99 Jan 2026 00:01:00 GMT", None),
        ("2026-13-01T00:00Z", None),
        ("9999-99-99T", None),
    ],
)
def test_every_way_to_write_a_moment_is_understood(text: str, seconds: float | None) -> None:
    """Lengths, moments in seconds and milliseconds, Go durations, RFC 3339, HTTP dates; nonsense says nothing."""
    assert seconds_until(text, {}, NOW) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    "text", ["1767225660", "1767225660000", "2026-01-01T00:01:00Z", "Thu, 01 Jan 2026 00:01:00 GMT"]
)
def test_the_answers_own_date_makes_good_for_a_wrong_clock(text: str) -> None:
    """Ours may be a year off, or theirs: what counts is how far apart the two moments of the answer are."""
    headers = {"date": "Thu, 01 Jan 2026 00:00:30 GMT"}
    assert seconds_until(text, headers, NOW + 31_536_000) == pytest.approx(30.0)
    assert seconds_until("45", headers, NOW) == 45.0


def test_our_own_clock_is_more_exact_than_a_date_that_agrees_with_it() -> None:
    """Dates are cut to the second: with them the resets of one window would differ by as much."""
    headers = {"date": "Thu, 01 Jan 2026 00:00:00 GMT"}
    assert seconds_until("1767225660", headers, NOW + 0.9) == pytest.approx(59.1)
    assert seconds_until("1767225660", headers, NOW + 2.0) == pytest.approx(60.0)
    assert seconds_until("1767225660", headers, NOW - 0.1) == pytest.approx(60.0)


def test_a_date_that_is_none_leaves_our_own_clock() -> None:
    """A proxy's nonsense in one header does not spoil another."""
    assert seconds_until("1767225660", {"date": "yesterday"}, NOW) == 60.0


@given(st.one_of(st.text(max_size=60), st.from_regex(r"[0-9hmsµTZ:.,+ GMT-]{1,120}")), st.text(max_size=60))
def test_no_text_raises(text: str, date: str) -> None:
    """Whatever stands there: a finite number, or nothing."""
    seconds = seconds_until(text, {"date": date}, NOW)
    assert seconds is None or abs(seconds) < 1e21
    assert number(text) is None or number(text) >= 0  # type: ignore[operator]
