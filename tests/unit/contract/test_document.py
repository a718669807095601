import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from worker.contract import document
from worker.errors import ContractError


def _read(folder: Path, content: str | bytes, name: str = "c.yaml") -> Any:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return document.read(file)


def _complaint(folder: Path, content: str | bytes, name: str = "c.yaml") -> str:
    with pytest.raises(ContractError) as caught:
        _read(folder, content, name)
    assert name in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("yes", "yes"),
        ("off", "off"),
        ("n", "n"),
        ("true", True),
        ("False", False),
        ("12:30", "12:30"),
        ("010", 10),
        ("0o14", 12),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1e3", 1000.0),
        ("=", "="),
        ("~", None),
        ("'1'", "1"),
        ("-7", -7),
        ("99999999999999999999", 1e20),
    ],
)
def test_yaml_is_read_as_its_second_version_means_it(tmp_path: Path, text: str, value: Any) -> None:
    """No dates, no times in base sixty, no octal by accident, and ``off`` is a word."""
    found = _read(tmp_path, f"a: {text}")["a"]
    assert (found, type(found)) == (value, type(value))


def test_keys_become_text_and_merges_are_understood(tmp_path: Path) -> None:
    """Statuses are numbers in YAML only; ``<<`` is used by people who write contracts."""
    found = _read(tmp_path, "base: &b {x: 1}\nresponses: {200: {<<: *b, y: 2}}\n")
    assert found["responses"] == {"200": {"x": 1, "y": 2}}


@pytest.mark.parametrize("entry", ["[{inner}]", "{{<<: [{inner}]}}"], ids=["lists", "merges"])
def test_a_document_that_explodes_is_refused_without_memory(tmp_path: Path, entry: str) -> None:
    """Nine aliases of nine aliases, twelve times over, are a quarter of a million million."""
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{i}: &a{i} " + entry.format(inner=",".join([f"*a{i - 1}"] * 9)) for i in range(1, 13)]
    tracemalloc.start()
    message = _complaint(tmp_path, "\n".join(lines))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "aliases" in message
    assert peak < 4 * 1024 * 1024


@pytest.mark.parametrize("text", ["- " * 100_000 + "1", "[" * 100_000, "a: &a [*a]", "{" * 300 + "}" * 300])
def test_a_document_without_a_bottom_is_refused(tmp_path: Path, text: str) -> None:
    """The parser would follow it down until the process ends."""
    message = _complaint(tmp_path, text)
    assert "nested deeper" in message or "holds itself" in message


@pytest.mark.parametrize(
    "value", [".nan", "-.inf", "!!binary aGk=", "!!set {x}", "!!python/name:os.system x", "'x", "[1"]
)
def test_yaml_that_is_no_json_is_refused(tmp_path: Path, value: str) -> None:
    """Numbers that are none, types of programming languages, and plain mistakes."""
    _complaint(tmp_path, f"a: {value}")


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe{\x00}\x00", b"openapi: 3.1.0", b'{"a": NaN}'])
def test_broken_json_is_refused_with_the_place(tmp_path: Path, content: bytes) -> None:
    """And with the hint that YAML goes by its ending."""
    message = _complaint(tmp_path, content, "c.json")
    assert "line 1 column" in message
    assert ".yaml" in message


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    """Editors on Windows write it."""
    assert _read(tmp_path, b'\xef\xbb\xbf{"a": 1}', "c.json") == {"a": 1}
    assert _read(tmp_path, b"\xef\xbb\xbfa: 1") == {"a": 1}


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path: Path) -> None:
    """With its path, and where to look."""
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(ContractError, match="cannot be read"):
            document.read(path)


def test_a_pointer_is_followed_through_objects_and_lists() -> None:
    """With escapes of both kinds."""
    tree = {"a/b": [{"~": {"{x}": 5}}]}
    assert document.resolve(tree, "#/a~1b/0/~0/%7Bx%7D") == 5
    assert document.resolve(tree, "#") is tree


@pytest.mark.parametrize("reference", ["#/b", "#/a~1b/1", "#/a~1b/-1", "#/a~1b/x", "#/a~1b/²", "#name", "x#/a", "/a"])
def test_a_pointer_to_nothing_is_refused(reference: str) -> None:
    """Lists are counted in plain digits; a name after ``#`` is no pointer."""
    with pytest.raises(ContractError) as caught:
        document.resolve({"a/b": [1]}, reference)
    assert repr(reference) in str(caught.value)


def test_a_fragment_is_a_legal_part_of_a_uri() -> None:
    """What stands in a path's template has to be encoded."""
    assert document.fragment("paths", "/a b/{id}", 0) == "/paths/~1a%20b~1%7Bid%7D/0"
