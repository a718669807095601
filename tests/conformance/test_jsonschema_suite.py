"""The official JSON Schema Test Suite (https://github.com/json-schema-org/JSON-Schema-Test-Suite) through our seam."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson
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
_REMOTE: Final = "http://localhost:1234/"
#: What 2019-09 and 2020-12 leave to a setting of the validator: ours always holds values to their formats, because the
#: APIs do.
_ANNOTATION: Final = "is only an annotation by default"


def _files() -> list[Path]:
    found = []
    for folder in _FOLDERS:
        tests = _SUITE / "tests" / folder
        found += sorted(tests.glob("*.json")) + sorted((tests / "optional" / "format").glob("*.json"))
    return found


def _remotes(dialect: Dialect) -> dict[str, Any]:
    """The documents that tests refer to: those of all drafts, and those of this one."""
    own = {folder for folder, one in _FOLDERS.items() if one == dialect}
    others = {"v1", "draft3"} | _FOLDERS.keys() - own
    documents = {}
    for path in sorted((_SUITE / "remotes").rglob("*.json")):
        relative = path.relative_to(_SUITE / "remotes")
        if relative.parts[0] in own or relative.parts[0] not in others:
            documents[_REMOTE + relative.as_posix()] = orjson.loads(path.read_bytes())
    return documents


def _wrong(path: Path, schemas: Schemas) -> Iterator[str]:
    where = path.relative_to(_SUITE / "tests")
    for group in orjson.loads(path.read_bytes()):
        schema = group["schema"]
        validator = schemas.compile(schema)
        for case in group["tests"]:
            is_setting = case["description"].endswith(_ANNOTATION)
            if not is_setting and validator.is_valid(case["data"]) is not case["valid"]:
                yield f"{where} | {group['description']} | {case['description']} ({validator.engine})"


@pytest.mark.parametrize("path", _files(), ids=lambda path: "-".join(path.relative_to(_SUITE / "tests").parts))
def test_every_verdict_is_that_of_the_official_suite(path: Path) -> None:
    """Required tests, and those of formats: with the engine that is chosen by itself."""
    dialect = _FOLDERS[path.relative_to(_SUITE / "tests").parts[0]]
    schemas = Schemas(_remotes(dialect), dialect)
    assert list(_wrong(path, schemas)) == []


def test_the_suite_is_there() -> None:
    """Where it is absent nothing above ran, and whoever looks at the result should know."""
    if _files():
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"the official suite is not at {_SUITE.parent.name}/{_SUITE.name}")
    pytest.skip(f"the official suite is not at ../{_SUITE.parent.name}/{_SUITE.name}, beside this repository")
