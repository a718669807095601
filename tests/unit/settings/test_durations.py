import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.settings.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("60s", 60),
        ("5m", 300),
        ("1h", 3600),
        ("1d", 86_400),
        ("1m30s", 90),
        ("1d2h3m4s5ms", 93_784.005),
        ("1.5h", 5400),
        ("0s", 0),
    ],
)
def test_a_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    """Every unit, and several together."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "s", "1", "1.5", "-1s", "1 s", " 1s", "1s1m", "1s1s", "1M", "1w", "1e3s", "٣s", "1m30"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    """The units go from long to short, each once, without blanks or signs."""
    with pytest.raises(ValueError, match="is not a duration: write"):
        parse_duration(text)


def test_a_bare_number_is_answered_with_the_same_number_of_seconds() -> None:
    """The most likely mistake gets the exact remedy."""
    with pytest.raises(ValueError, match='write "60s"'):
        parse_duration("60")


@given(st.integers(0, 10**11))
def test_what_is_written_is_read_back(milliseconds: int) -> None:
    """Formatting and parsing undo each other for every whole millisecond."""
    assert parse_duration(format_duration(milliseconds / 1000)) == milliseconds / 1000


@given(st.text(alphabet="0123456789.dhms ", max_size=12))
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    """Nothing but ValueError comes out, and never a negative time."""
    try:
        seconds = parse_duration(text)
    except ValueError:
        return
    assert seconds >= 0
