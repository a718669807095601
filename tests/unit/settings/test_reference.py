"""``config/reference.toml`` and the code say the same, in both directions."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

from worker import resources
from worker.settings import (
    AUTH_TYPES,
    ApiSettings,
    BreakerSettings,
    CallbackSettings,
    DriftSettings,
    LimitSettings,
    OperationSettings,
    ProbeSettings,
    QueueSettings,
    RetrySettings,
    WorkerSettings,
    load,
)
from worker.settings.about import About
from worker.settings.kinds import Duration, File, Folder, Schema, SecretText
from worker.settings.secret import Secret

TEXT = resources.path("config/reference.toml").read_text("utf-8")
SECTIONS: dict[str, type] = {
    "queue": QueueSettings,
    "worker": WorkerSettings,
    "apis.NAME": ApiSettings,
    "apis.NAME.limits": LimitSettings,
    "apis.NAME.retry": RetrySettings,
    "apis.NAME.drift": DriftSettings,
    "apis.NAME.breaker": BreakerSettings,
    "apis.NAME.callbacks": CallbackSettings,
    "apis.NAME.operations.OPERATION": OperationSettings,
    "apis.NAME.operations.OPERATION.probe": ProbeSettings,
} | {f"apis.NAME.auth {tag}": kind for tag, kind in AUTH_TYPES.items()}

#: Sections that are not there by default, or of several kinds: all of their keys are commented out.
COMMENTED = ("apis.NAME.auth", "apis.NAME.operations.OPERATION.probe")

#: (section, key) -> (commented out, value as written, the line above)
Entries = dict[tuple[str, str], tuple[bool, str, str]]


def entries() -> Entries:
    """Every key of the file."""
    section, above, found = "", "", {}
    for line in TEXT.splitlines():
        if header := re.fullmatch(r"(?:# )?\[+([\w.]+)\]+", line):
            section = header[1]
        elif tag := re.fullmatch(r'(?:# )?type = "(\w+)"', line):
            section = f"apis.NAME.auth {tag[1]}"
        elif key := re.fullmatch(r"(# )?(\w+) = (.+)", line):
            found[section, key[2]] = (bool(key[1]), key[3], above)
        above = line
    return found


def _settings_of_the_code() -> Iterator[tuple[str, str, About, Any]]:
    """Section, key, description and default (MISSING where required) of every field that is one value."""
    for section, kind in SECTIONS.items():
        for item in fields(kind):
            about: About | None = item.metadata.get("about")
            if about is not None and about.kind is not None:
                default = item.default if item.default_factory is MISSING else item.default_factory()
                yield section, about.key or item.name, about, default


CODE = list(_settings_of_the_code())


def test_the_reference_loads_without_a_warning() -> None:
    """It is itself a valid config."""
    settings = load(resources.path("config/reference.toml"), environ={})
    assert settings.warnings == ()
    assert settings.worker == WorkerSettings()
    assert settings.apis["NAME"].retry == RetrySettings()
    assert settings.apis["NAME"].retries("OPERATION") == RetrySettings()
    assert settings.apis["NAME"].breaker == BreakerSettings()


def test_the_reference_and_the_code_have_the_same_keys() -> None:
    """No key is left out, none is invented."""
    assert set(entries()) == {(section, key) for section, key, _, _ in CODE}


@pytest.mark.parametrize(("section", "key", "about", "default"), CODE)
def test_the_reference_tells_range_reason_and_default(section: str, key: str, about: About, default: Any) -> None:
    """In the code's own words; what is unset by default is commented out."""
    commented, written, above = entries()[section, key]
    required = "; required" if default is MISSING else f"; required {about.when}" if about.when else ""
    assert above == f"# {about.kind}{required} - {about.reason}"
    assert commented == ((default is None and not about.when) or section.startswith(COMMENTED))
    if default is not MISSING and default is not None:
        value = tomllib.loads(f"v = {written}")["v"]
        assert about.kind is not None
        assert about.kind.read(value, Path()) == default or value == default


@pytest.mark.parametrize(("section", "key", "about", "default"), CODE)
def test_an_example_in_the_reference_is_accepted(
    section: str, key: str, about: About, default: Any, tmp_path: Path
) -> None:
    """Taking the comment sign away gives a value that is read, given the files that it names."""
    value = tomllib.loads(f"v = {entries()[section, key][1]}")["v"]
    assert about.kind is not None
    if isinstance(about.kind, Folder):
        (tmp_path / value).mkdir()
    if isinstance(about.kind, File | Schema):
        (tmp_path / value).parent.mkdir(exist_ok=True)
        (tmp_path / value).touch()
    read = about.kind.read(value, tmp_path)
    assert not isinstance(about.kind, Duration) or isinstance(read, float)
    assert isinstance(about.kind, SecretText) == isinstance(read, Secret)
    assert default is not MISSING or read is not None


def test_no_line_of_the_reference_is_too_long_for_a_terminal() -> None:
    """A page that is read in a terminal."""
    assert max(map(len, TEXT.splitlines())) <= 130
