"""The house's own rules that no linter knows: sizes, names, papers and locks."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
_FILES: Final = sorted(path for part in ("worker", "tests", "benchmarks") for path in (ROOT / part).rglob("*.py"))
_NAMES: Final = [str(path.relative_to(ROOT)) for path in _FILES]
_LOCKS: Final = ("requirements.lock", "requirements-dev.lock")

_FILE_LINES: Final = 400
_FUNCTION_LINES: Final = 40
_ARGUMENTS: Final = 7
_NO_NAMES: Final = frozenset({"utils", "util", "common", "helpers", "helper", "base", "misc", "manager", "managers"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> Iterator[Function]:
    """Every function of a module."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def code_lines(function: Function) -> int:
    """Lines of a function without decorators, signature and docstring: what has to be read to follow it."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def arguments(function: Function) -> int:
    """Arguments that a caller may give, ``self`` not counted."""
    given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return len([one for one in given if one.arg not in {"self", "cls"}])


def project() -> dict[str, Any]:
    """The project table of pyproject.toml."""
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return found


def names(requirements: list[str]) -> list[str]:
    """What is required, without versions."""
    return [re.split(r"[<>=; \[]", line, maxsplit=1)[0] for line in requirements]


def dependencies() -> list[str]:
    """The direct dependencies, by name."""
    return names(project()["dependencies"])


def clients() -> list[str]:
    """What the extras add, by name."""
    return [name for extra in project()["optional-dependencies"].values() for name in names(extra)]


@pytest.mark.parametrize("path", _FILES, ids=_NAMES)
def test_a_file_keeps_its_budget(path: Path) -> None:
    """Files of 400 lines, functions of 40 and of 7 arguments at most."""
    text = path.read_text("utf-8")
    assert text.count("\n") <= _FILE_LINES
    for function in functions(ast.parse(text)):
        assert code_lines(function) <= _FUNCTION_LINES, f"{function.name} is too long"
        assert arguments(function) <= _ARGUMENTS, f"{function.name} takes too much"


def test_every_file_of_the_worker_is_within_the_soft_budget() -> None:
    """300 lines: a file that grows beyond them is split, not excused."""
    assert [str(path) for path in (ROOT / "worker").rglob("*.py") if path.read_text("utf-8").count("\n") > 300] == []


def test_every_file_says_what_it_is_for() -> None:
    """No drawer for odds and ends."""
    assert [name for path, name in zip(_FILES, _NAMES, strict=True) if path.stem in _NO_NAMES] == []


def test_every_room_of_the_house_is_on_the_map() -> None:
    """ARCHITECTURE.md names each package and module at the top of ``worker``."""
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    rooms = [path for path in (ROOT / "worker").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
    missing = [path.name for path in rooms if not path.name.startswith("__") and not _named(path, text)]
    assert missing == []


def _named(path: Path, text: str) -> bool:
    """``settings/``, ``worker/settings`` or ``settings.py``, as a word."""
    stem = re.escape(path.stem)
    return re.search(rf"(?<![\w]){stem}(\.py|/)|worker[./]{stem}\b", text) is not None


@pytest.mark.parametrize("name", dependencies())
def test_every_direct_dependency_has_a_reason(name: str) -> None:
    """In ARCHITECTURE.md, by its name."""
    assert re.search(rf"\b{re.escape(name)}\b", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.IGNORECASE)


@pytest.mark.parametrize("lock", _LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    """It works with whatever index a machine is set up for."""
    text = (ROOT / lock).read_text("utf-8")
    assert not re.search(r"https?:|index-url|find-links|file:", text)


@pytest.mark.parametrize("lock", _LOCKS)
def test_everything_in_a_lock_is_pinned_and_hashed(lock: str) -> None:
    """One exact version, and at least one digest for each."""
    entries = re.split(r"(?m)^(?=[A-Za-z0-9])", (ROOT / lock).read_text("utf-8"))
    packages = [entry for entry in entries if re.match(r"[A-Za-z0-9]", entry)]
    assert packages
    for entry in packages:
        assert re.match(r"[A-Za-z0-9._-]+(\[[\w,]+\])?==[^\s]+ ", entry), entry
        assert "--hash=sha256:" in entry, entry


def locked(lock: str) -> set[str]:
    """What a lock holds, by name."""
    return {found.lower().replace("_", "-") for found in re.findall(r"(?m)^([\w.-]+)==", (ROOT / lock).read_text())}


@pytest.mark.parametrize("lock", _LOCKS)
def test_every_direct_dependency_is_locked(lock: str) -> None:
    """Both locks hold all that the worker needs at run time."""
    assert [name for name in dependencies() if name.lower() not in locked(lock)] == []


def test_every_extra_is_tested_and_none_is_forced_upon_anybody() -> None:
    """The clients of shared stores are where tests run, and not where the worker runs that does not ask for them."""
    assert clients()
    assert set(clients()) <= locked("requirements-dev.lock")
    assert not set(clients()) & locked("requirements.lock")
