import gzip
import io
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.errors import UsageError
from worker.intake.stream import MAX_ROW_BYTES, Line, Stream

Open = Callable[[bytes], Stream]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """A stream of a file with this content; closed at the end."""
    streams: list[Stream] = []

    def call(content: bytes) -> Stream:
        file = tmp_path / "rows"
        file.write_bytes(content)
        streams.append(Stream(str(file)))
        return streams[-1]

    yield call
    for one in streams:
        one.close()


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"a", [b"a"]),
        (b"a\n", [b"a"]),
        (b"a\n\nb", [b"a", b"", b"b"]),
        (b"\xef\xbb\xbfa\nb\n", [b"a", b"b"]),
        (b"a\r\nb\r\n", [b"a\r", b"b\r"]),
        (b"\xff\n", [b"\xff"]),
    ],
)
def test_lines_come_in_order_with_their_numbers(
    opened: Open, pack: Callable[[bytes], bytes], content: bytes, lines: list[bytes]
) -> None:
    """Packed or not, with or without a byte order mark or a last line break."""
    assert list(opened(pack(content)).lines()) == [Line(number, text) for number, text in enumerate(lines, 1)]


@given(st.lists(st.binary(max_size=20).map(lambda one: one.replace(b"\n", b"")), max_size=20), st.integers(1, 7))
def test_where_chunks_end_makes_no_difference(lines: list[bytes], size: int) -> None:
    """A line may be spread over as many as there are."""

    class Pieces(Stream):
        def __init__(self) -> None:
            self.name = "pieces"

        def chunks(self) -> Iterator[bytes]:
            whole = b"\n".join(lines) + b"\n"
            return iter([whole[at : at + size] for at in range(0, len(whole), size)])

    expected = lines or [b""]
    assert [line.text for line in Pieces().lines()] == expected


@pytest.mark.parametrize("end", [b"", b"\n", b"\nb\n"])
def test_a_line_of_50_mb_is_passed_over_without_being_held(opened: Open, end: bytes) -> None:
    """Its beginning is kept, and those after it keep their numbers."""
    made = opened(b"a\n" + b"x" * 50_000_000 + end)
    tracemalloc.start()
    lines = list(made.lines())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert lines[:2] == [Line(1, b"a"), Line(2, b"x" * 200, too_long=True)]
    assert lines[2:] == ([Line(3, b"b")] if b"b" in end else [])
    assert peak < 4 * MAX_ROW_BYTES


@pytest.mark.parametrize("text", ["a\n", "ä\n"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_utf_16_is_refused_by_name(opened: Open, pack: Callable[[bytes], bytes], text: str) -> None:
    """Its bytes would be broken rows, all of them."""
    with pytest.raises(UsageError, match="UTF-16"):
        list(opened(pack(text.encode("utf-16"))).lines())


@pytest.mark.parametrize("damage", [lambda whole: whole[:-9], lambda whole: whole[:30] + b"\0" * 40 + whole[70:]])
def test_a_damaged_gzip_file_is_said_to_be_one(opened: Open, damage: Callable[[bytes], bytes]) -> None:
    """Cut short, or with other bytes in the middle."""
    whole = gzip.compress(bytes(range(256)) * 200)
    with pytest.raises(UsageError, match="gzip"):
        list(opened(damage(whole)).lines())


def test_a_folder_and_a_missing_file_are_refused_by_name(tmp_path: Path) -> None:
    """With what to do instead."""
    with pytest.raises(UsageError, match="folder"):
        Stream(str(tmp_path))
    with pytest.raises(UsageError, match="No such file"):
        Stream(str(tmp_path / "none"))


def test_standard_input_has_no_size_and_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else may want to read on."""
    content: Any = io.BytesIO(gzip.compress(b"a\nb"))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(content))
    made = Stream("-")
    assert [line.text for line in made.lines()] == [b"a", b"b"]
    made.close()
    assert (made.size_bytes, made.position_bytes, content.closed) == (None, 0, False)


def test_progress_is_told_in_bytes_on_disk(opened: Open) -> None:
    """Also of a file that is packed."""
    made = opened(gzip.compress(b"a\n" * 1000))
    list(made.lines())
    assert made.position_bytes == made.size_bytes
