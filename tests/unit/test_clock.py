import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.clock import SystemClock, from_rfc3339, to_rfc3339


@pytest.mark.parametrize(
    ("text", "epoch_s"),
    [
        ("1970-01-01T00:00:01.500Z", 1.5),
        ("1970-01-01T01:00:00+01:00", 0.0),
        ("1969-12-31T23:59:59Z", -1.0),
    ],
)
def test_moments_are_read_with_their_offset(text: str, epoch_s: float) -> None:
    """Whichever it is."""
    assert from_rfc3339(text) == epoch_s


@pytest.mark.parametrize("text", ["", "now", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    """A day is none, nor is a time of nowhere."""
    with pytest.raises(ValueError, match=r"\w"):
        from_rfc3339(text)


@given(st.integers(-62_000_000_000_000, 253_000_000_000_000))
def test_moments_are_written_as_they_are_read(milliseconds: int) -> None:
    """To the millisecond, from the first year to the last."""
    text = to_rfc3339(milliseconds / 1000)
    assert text.endswith("Z")
    assert abs(from_rfc3339(text) * 1000 - milliseconds) < 1.5  # a millisecond, and what such large numbers round to


async def test_the_systems_clock_runs_forward_and_never_repeats_itself() -> None:
    """Tokens are 32 hexadecimal digits; the dice stay under one."""
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0)
    assert clock.monotonic() >= before
    assert 0 <= clock.random() < 1
    tokens = {clock.token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 32 and int(token, 16) >= 0 for token in tokens)
