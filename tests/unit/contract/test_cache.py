from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from worker.contract.cache import CodeCache, default_folder
from worker.contract.schema import Schemas


class _Maker:
    """Counts how often it was asked."""

    def __init__(self, text: str = "validate = print\n") -> None:
        self.text = text
        self.made = 0

    def __call__(self) -> str:
        self.made += 1
        return self.text


def test_a_text_is_made_once(tmp_path: Path) -> None:
    """And found by the next process."""
    make = _Maker()
    assert {CodeCache(tmp_path / "c").get("key", make) for _ in range(3)} == {make.text}
    assert make.made == 1
    assert (tmp_path / "c").stat().st_mode & 0o777 == 0o700


def test_another_key_is_another_text(tmp_path: Path) -> None:
    """Whatever the keys hold: they never become part of a path."""
    cache, make = CodeCache(tmp_path), _Maker()
    for key in ("a", "b", "../../etc/passwd", "\n", ""):
        cache.get(key, make)
    assert make.made == 5
    assert len(list(tmp_path.iterdir())) == 5


def test_a_damaged_entry_is_made_again(tmp_path: Path) -> None:
    """Cut short, changed, emptied or filled with what is no text."""
    cache, make = CodeCache(tmp_path), _Maker()
    cache.get("key", make)
    (entry,) = tmp_path.iterdir()
    whole = entry.read_bytes()
    for damage in (whole[:-3], whole.replace(b"print", b"input"), b"", b"\xff\xfe", b"import os\n"):
        entry.write_bytes(damage)
        assert cache.get("key", make) == make.text
        assert entry.read_bytes() == whole
    assert make.made == 6


def test_a_folder_that_others_can_write_to_is_not_used(tmp_path: Path) -> None:
    """What stands there would be run; the user hears of it once, not once per schema."""
    make = _Maker()
    CodeCache(tmp_path).get("key", make)
    tmp_path.chmod(0o777)
    cache = CodeCache(tmp_path)
    try:
        with capture_logs() as logs:
            assert {cache.get(key, make) for key in ("key", "other")} == {make.text}
    finally:
        tmp_path.chmod(0o700)
    assert make.made == 3
    assert [line["event"] for line in logs] == ["cache_not_used"]


def test_a_folder_that_cannot_be_made_costs_the_cache_only(tmp_path: Path) -> None:
    """Nothing is kept, and all is well."""
    (tmp_path / "file").write_text("")
    make = _Maker()
    assert CodeCache(tmp_path / "file" / "below").get("key", make) == make.text
    assert CodeCache(None).get("key", make) == make.text


def test_writers_do_not_hinder_each_other(tmp_path: Path) -> None:
    """Each gets the text, and what is kept at the end is whole."""
    make = _Maker("x = 1\n" * 5000)
    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda _: CodeCache(tmp_path).get("key", make), range(64)))
    assert set(texts) == {make.text}
    made = make.made
    assert CodeCache(tmp_path).get("key", make) == make.text
    assert make.made == made
    assert len(list(tmp_path.iterdir())) == 1


def test_a_validator_is_the_same_from_the_cache(tmp_path: Path) -> None:
    """Also where the entry was damaged on purpose."""
    schema: Any = {"type": "object", "properties": {"a": {"type": "integer"}}}
    for damage in (None, b"def validate(data, *_, **__): return data\n"):
        for entry in tmp_path.iterdir() if damage else ():
            entry.write_bytes(damage or b"")
        validator = Schemas({}, cache=CodeCache(tmp_path)).compile(schema)
        assert validator.engine == "fastjsonschema"
        assert validator.is_valid({"a": 1})
        assert not validator.is_valid({"a": "x"})


def test_the_folder_is_the_users_own_choice_first() -> None:
    """Then the desktop's, then the one below home."""
    assert default_folder({"PREFLIGHT_CACHE_DIR": "/a", "XDG_CACHE_HOME": "/b"}) == Path("/a")
    assert default_folder({"XDG_CACHE_HOME": "/b"}) == Path("/b/preflight")
    assert default_folder({}) == Path.home() / ".cache" / "preflight"


def test_a_value_is_made_once_and_read_as_it_was(tmp_path: Path) -> None:
    """A damaged one is made again; without a folder nothing is kept."""
    made: list[int] = []

    def make() -> Any:
        made.append(1)
        return {"a": [1, None, "ü"]}

    for _ in range(2):
        assert CodeCache(tmp_path).value("key", make) == {"a": [1, None, "ü"]}
    assert len(made) == 1
    (entry,) = tmp_path.iterdir()
    entry.write_bytes(entry.read_bytes()[:-1])
    assert CodeCache(tmp_path).value("key", make) == {"a": [1, None, "ü"]}
    assert CodeCache(None).value("key", make) == {"a": [1, None, "ü"]}
    assert len(made) == 3
