from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.errors import UsageError
from worker.intake import delimited
from worker.intake.row import Row
from worker.intake.stream import MAX_ROW_BYTES, Stream
from worker.outcome import Cause

Rows = Callable[[bytes], list[Row]]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The rows of a file with this content."""
    file: Path = tmp_path_factory.mktemp("csv") / "rows.csv"

    def call(content: bytes) -> list[Row]:
        file.write_bytes(content)
        stream = Stream(str(file))
        try:
            return list(delimited.rows(stream))
        finally:
            stream.close()

    return call


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_records_are_read_with_every_usual_delimiter(rows: Rows, delimiter: str, end: str) -> None:
    """Columns may be padded in the header; a byte order mark is no part of a name."""
    text = end.join([f"\ufeffa{delimiter} b ", f"1{delimiter}x", "", f'"q""{delimiter}"{delimiter}', ""])
    found = rows(text.encode())
    assert [(one.line, one.value) for one in found] == [
        (2, {"a": "1", "b": "x"}),
        (4, {"a": f'q"{delimiter}', "b": ""}),
    ]


def test_a_record_that_spans_lines_has_the_number_of_its_first(rows: Rows) -> None:
    """And the next one that of its own."""
    found = rows(b'a,b\n1,"x\ny\n\nz"\n2,w\n')
    assert [(one.line, one.value) for one in found] == [(2, {"a": "1", "b": "x\ny\n\nz"}), (6, {"a": "2", "b": "w"})]


@pytest.mark.parametrize(
    ("line", "rule", "words"),
    [
        (b"1", "columns", "1 columns, but the header has 2"),
        (b"1,2,3", "columns", "3 columns, but the header has 2"),
        (b"1,\xff", "encoding", "not UTF-8"),
        (b'1,"a"b', "csv", "broken CSV"),
        (b"1,a\rb", "csv", "broken CSV"),
        (b"1," + b"x" * (MAX_ROW_BYTES + 10), "size", "longer than"),
        (b'1,"' + b"x" * (MAX_ROW_BYTES + 10) + b'"', "csv", "broken CSV"),
    ],
    ids=["few", "many", "bytes", "quote", "return", "long", "long-quoted"],
)
def test_a_broken_record_is_one_bad_row_with_its_place(rows: Rows, line: bytes, rule: str, words: str) -> None:
    """Those before it are good, and so are those after it, unless a quote was left open."""
    found = rows(b"a,b\n1,2\n" + line + b"\n3,4\n")
    bad = next(one for one in found if one.fault is not None)
    assert (found[0].value, bad.line) == ({"a": "1", "b": "2"}, 3)
    assert bad.fault is not None
    assert (bad.fault.rule, bad.fault.cause) == (rule, Cause.MALFORMED)
    assert words in bad.fault.detail
    if b'"x' not in line:
        assert found[-1].value == {"a": "3", "b": "4"}


def test_a_quote_that_is_never_closed_is_one_bad_row(rows: Rows) -> None:
    """It swallows what follows, and says so."""
    good, bad = rows(b'a,b\n1,2\n3,"x\n4,5\n')
    assert good.value == {"a": "1", "b": "2"}
    assert (bad.line, bad.fault and bad.fault.rule) == (3, "csv")


def test_a_large_cell_is_taken(rows: Rows) -> None:
    """As large as a row of any other file."""
    (row,) = rows(b"a,b\n1," + b"x" * 1_000_000)
    assert len(row.value["b"]) == 1_000_000


def test_a_zero_byte_is_a_character_like_others(rows: Rows) -> None:
    """What it means is for the contract to say."""
    (row,) = rows(b"a,b\n1,x\0y\n")
    assert row.value == {"a": "1", "b": "x\0y"}


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (b"", "name every column"),
        (b"\n1,2", "name every column"),
        (b"a,,b\n", "name every column"),
        (b"a,b,a\n", "names a twice"),
        (b"a,\xff\n", "UTF-8"),
        (b"a\r1\r2\r", "no header"),
        (b'"a,b\n1,2\n', "no header"),
    ],
)
def test_a_header_that_is_none_is_refused(rows: Rows, header: bytes, words: str) -> None:
    """Every row would be wrong."""
    with pytest.raises(UsageError, match=words):
        rows(header)


def test_a_header_may_span_lines(rows: Rows) -> None:
    """Spreadsheets have such names."""
    (row,) = rows(b'"a\nx",b\n1,2\n')
    assert (row.line, row.value) == (3, {"a\nx": "1", "b": "2"})


@given(lines=st.lists(st.text(st.sampled_from('a1,;"\n\r\0ä '), max_size=12), max_size=8))
def test_any_text_is_rows_or_faults(rows: Rows, lines: list[str]) -> None:
    """Nothing is raised, and the lines' numbers rise."""
    found = rows(("h,i\n" + "\n".join(lines)).encode())
    numbers = [one.line for one in found]
    assert numbers == sorted(set(numbers))
    assert all((one.fault is None) == isinstance(one.value, dict) for one in found)
