from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.intake import jsonl
from worker.intake.row import Row
from worker.intake.stream import MAX_ROW_BYTES, Stream
from worker.outcome import Cause

Rows = Callable[[bytes], list[Row]]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The rows of a file with this content."""
    file: Path = tmp_path_factory.mktemp("jsonl") / "rows.jsonl"

    def call(content: bytes) -> list[Row]:
        file.write_bytes(content)
        stream = Stream(str(file))
        try:
            return list(jsonl.rows(stream))
        finally:
            stream.close()

    return call


def test_line_numbers_are_those_of_the_file(rows: Rows) -> None:
    """Empty lines are passed over and counted."""
    found = rows(b'\n{"a": 1}\r\n   \n[2]\nnull')
    assert [(one.line, one.value, one.fault) for one in found] == [(2, {"a": 1}, None), (4, [2], None), (5, None, None)]


@pytest.mark.parametrize(
    ("line", "detail", "hint"),
    [
        (b'{"a": }', "column 7", "one JSON object"),
        (b"[", "broken JSON", "one JSON object"),
        (b'{"a": NaN}', "column 7", "NaN"),
        (b'{"a": -Infinity}', "broken JSON", "NaN or Infinity"),
        (b"[" * 10_000 + b"]" * 10_000, "nested too deeply", "bracket"),
        (b'{"a": "\xff"}', "byte 0xff at column 8", "UTF-8"),
        (b'{"a": "\\ud800"}', "broken JSON at column 8", "half a character"),
        (b'{"a\\ude00": 1}', "broken JSON", "half a character"),
        (b'{"a": 1e400}', "broken JSON", "send it as text"),
        (b'{"a": "\0"}', "broken JSON", "one JSON object"),
        (b"text", "column 1", "one JSON object"),
    ],
    ids=["broken", "cut", "nan", "infinity", "deep", "bytes", "surrogate", "name", "large", "nul", "text"],
)
def test_a_broken_line_is_one_bad_row_with_its_place(rows: Rows, line: bytes, detail: str, hint: str) -> None:
    """Those around it are good."""
    first, bad, last = rows(b"1\n" + line + b"\n2\n")
    assert (first.value, last.value, last.line) == (1, 2, 3)
    assert bad.line == 2
    assert bad.fault is not None
    assert (bad.fault.rule, bad.fault.cause) == ("json", Cause.MALFORMED)
    assert detail in bad.fault.detail
    assert hint in (bad.fault.hint or "")


def test_a_nul_that_is_escaped_is_a_character_like_others(rows: Rows) -> None:
    """What it means is for the contract to say."""
    assert [one.value for one in rows(b'{"a": "\\u0000"}')] == [{"a": "\0"}]


def test_what_decoding_would_lose_is_a_bad_row(rows: Rows) -> None:
    """With the place of what is lost; the row is not half taken."""
    first, twice, digits, last = rows(b'1\n{"a": [{"b": 1, "b": 2}]}\n{"c": 123456789012345678901}\n2\n')
    assert (first.value, last.value, twice.value, digits.value) == (1, 2, None, None)
    assert twice.fault is not None
    assert digits.fault is not None
    assert (twice.fault.pointer, twice.fault.detail, twice.fault.cause) == (
        "#/a/0/b",
        "'b' stands twice",
        Cause.MALFORMED,
    )
    assert (digits.fault.pointer, digits.fault.rule, digits.fault.cause) == ("#/c", "precision", Cause.MALFORMED)


def test_a_line_that_is_too_long_is_one_bad_row(rows: Rows) -> None:
    """Of which the beginning is kept."""
    first, bad, last = rows(b'1\n"' + b"x" * (MAX_ROW_BYTES + 10) + b'"\n2\n')
    assert (first.value, last.value, last.line) == (1, 2, 3)
    assert bad.fault is not None
    assert bad.fault.rule == "size"
    assert len(bad.raw) == 200


@given(lines=st.lists(st.binary(max_size=30), max_size=10))
def test_any_bytes_are_rows_or_faults(rows: Rows, lines: list[bytes]) -> None:
    """Nothing is raised, nothing is lost, and nothing comes twice."""
    content = b"1\n" + b"\n".join(lines) + b"\n2"
    if content.startswith((b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b")):
        return
    found = rows(content)
    written = [number for number, line in enumerate(content.split(b"\n"), 1) if line.strip()]
    assert [one.line for one in found] == written
    assert all(one.fault is None or one.value is None for one in found)
