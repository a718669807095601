"""The official JSON Schema Test Suite (https://github.com/json-schema-org/JSON-Schema-Test-Suite) through our seam.

Every case of every draft that we know: required, of formats, and optional. None is left out; where the suite itself
asks for a setting of the validator, the setting is made.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from worker.contract.schema import Dialect, Schemas

_SUITE: Final = Path(__file__).resolve().parents[2].parent / "shared" / "jsonschema-test-suite"
_FOLDERS: Final[dict[str, Dialect]] = {
    "draft4": "draft4",
    "draft6": "draft6",
    "draft7": "draft7",
    "draft2019-09": "2019-09",
    "draft2020-12": "2020-12",
}
#: Required, of formats, optional; less than there are, as some may be withdrawn: a suite cut short proves nothing.
_LEAST: Final = {
    "draft4": (600, 210, 90),
    "draft6": (820, 320, 100),
    "draft7": (910, 660, 110),
    "draft2019-09": (1240, 740, 150),
    "draft2020-12": (1280, 750, 150),
}
_REMOTE: Final = "http://localhost:1234/"
#: Folders of ``remotes`` whose documents are of dialects that we refuse by name.
_UNKNOWN: Final = {"v1", "draft3"}
#: What the newer dialects leave to a setting of the validator. Elsewhere the suite, and always the worker, asserts.
_ANNOTATION: Final = "is only an annotation by default"


def _files(pattern: str) -> list[Path]:
    return [path for folder in _FOLDERS for path in sorted((_SUITE / "tests" / folder).glob(pattern))]


def _every_file() -> list[Path]:
    return [*_files("*.json"), *_files("optional/*.json"), *_files("optional/format/*.json")]


def _decoded(path: Path) -> Any:
    return json.loads(path.read_bytes())  # orjson makes floats of the suite's large integers


def _remotes(dialect: Dialect) -> dict[str, Any]:
    """The documents that tests refer to. Those that declare no dialect are taken for this one's."""
    documents = {}
    for path in sorted((_SUITE / "remotes").rglob("*.json")):
        relative = path.relative_to(_SUITE / "remotes")
        document = _decoded(path)
        of = _FOLDERS.get(relative.parts[0], dialect)
        if relative.parts[0] not in _UNKNOWN and (of == dialect or "$schema" in document):
            documents[_REMOTE + relative.as_posix()] = document
    return documents


def _cases(path: Path) -> Iterator[tuple[Any, dict[str, Any], str]]:
    """Schema, case, and what both are called."""
    for group in _decoded(path):
        for case in group["tests"]:
            yield group["schema"], case, f"{group['description']} | {case['description']}"


@pytest.mark.parametrize("path", _every_file(), ids=lambda path: "-".join(path.relative_to(_SUITE / "tests").parts))
def test_every_verdict_is_that_of_the_official_suite(path: Path) -> None:
    """With the engine that is chosen by itself; and a value has errors exactly when it is not valid."""
    dialect = _FOLDERS[path.relative_to(_SUITE / "tests").parts[0]]
    remotes = _remotes(dialect)
    asserting, annotating = Schemas(remotes, dialect), Schemas(remotes, dialect, formats=False)
    wrong = []
    for schema, case, name in _cases(path):
        validator = (annotating if name.endswith(_ANNOTATION) else asserting).compile(schema)
        verdict = validator.is_valid(case["data"])
        if verdict is not case["valid"] or verdict is bool(validator.errors(case["data"])):
            wrong.append(f"{name} ({validator.engine})")
    assert wrong == []


@pytest.mark.parametrize("folder", _FOLDERS)
def test_the_suite_is_there_and_whole(folder: str) -> None:
    """Where it is absent nothing above ran, and whoever looks at the result should know."""
    counts: Counter[str] = Counter()
    for path in _every_file():
        if path.relative_to(_SUITE / "tests").parts[0] == folder:
            counts[path.parent.name] += len(list(_cases(path)))
    if not counts and os.environ.get("CI") != "true":
        pytest.skip(f"the official suite is not at ../{_SUITE.parent.name}/{_SUITE.name}, beside this repository")
    found = (counts[folder], counts["format"], counts["optional"])
    print(f"{folder}: {found[0]} required, {found[1]} of formats, {found[2]} optional")  # noqa: T201 - the evidence
    assert all(have >= least for have, least in zip(found, _LEAST[folder], strict=True)), (
        f"{folder} of {_SUITE} has {found}"
    )
