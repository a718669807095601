from dataclasses import fields
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

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
    Settings,
    WorkerSettings,
)
from worker.settings.read import FAILED, Reader

SECTIONS = (
    Settings,
    QueueSettings,
    WorkerSettings,
    ApiSettings,
    LimitSettings,
    RetrySettings,
    DriftSettings,
    BreakerSettings,
    CallbackSettings,
    OperationSettings,
    ProbeSettings,
)
KEYS = st.sampled_from(
    ["type", "token", "shop"]
    + [item.metadata["about"].key or item.name for kind in SECTIONS for item in fields(kind) if item.metadata]
)
TEXTS = st.sampled_from(
    ["", "1s", "https://h", "memory://", "POST", "/o", "auto", "${env:A}", "${", "\x00", *AUTH_TYPES]
)
VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats() | TEXTS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=5),
    max_leaves=25,
)


def _read(tree: dict[str, Any]) -> tuple[Any, Reader]:
    """What a reader makes of a whole tree, with one variable in the environment."""
    reader = Reader("p.toml", Path("/nowhere"), {"A": "a"})
    return reader.section(Settings, tree), reader


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_any_tables_become_settings_or_problems(tree: dict[str, Any]) -> None:
    """Nothing is raised, whatever stands where; each problem is one line that names the file."""
    settings, reader = _read(tree)
    assert isinstance(settings, Settings) == (not reader.problems)
    assert all(line.startswith("p.toml: ") and "\n" not in line for line in reader.problems)


@given(st.dictionaries(KEYS, VALUES, max_size=8))
def test_any_table_becomes_an_api_or_problems(table: dict[str, Any]) -> None:
    """The same one level deeper, where most keys are."""
    settings, reader = _read({"apis": {"shop": {"base_url": "https://h", **table}}})
    if settings is FAILED:
        assert reader.problems
    else:
        assert isinstance(settings.apis["shop"], ApiSettings)


def test_what_comes_after_a_mistake_is_read_too() -> None:
    """The reader goes on where it can."""
    settings, reader = _read({"queue": 1, "worker": {"a": 1, "b": 2}, "apis": {"x": 1, "y": 2}})
    assert settings is FAILED
    assert len(reader.problems) == 5
