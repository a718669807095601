"""From tables, as TOML gives them, to sections: collects everything that is wrong instead of stopping at the first."""

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import Enum
from pathlib import Path
from typing import Any, Final

from worker.settings.about import About
from worker.settings.checks import CHECKS
from worker.settings.interpolation import interpolate
from worker.settings.key import join
from worker.settings.kinds import Kind, SecretText, nearest, type_of
from worker.settings.secret import Secret
from worker.settings.web import Headers


class Failed(Enum):
    """Instead of a value that could not be read; the reason is among the reader's problems."""

    FAILED = "failed"


FAILED: Final = Failed.FAILED


@dataclass(frozen=True)
class Override:
    """A value that stands in the place of the file's.

    Attributes:
        origin: who says so: ``PREFLIGHT_QUEUE_URL``.
        folder: what relative paths in it start from.
    """

    value: object
    origin: str
    folder: Path


@dataclass
class Reader:
    """Reads sections of one file.

    Attributes:
        file: its name, for messages.
        folder: what relative paths in it start from.
        problems: a line for each thing that is wrong.
        warnings: a line for each thing that works but should be changed.
    """

    file: str
    folder: Path
    environ: Mapping[str, str]
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def section(self, kind: type, raw: object, key: str = "", **given: Any) -> Any:
        """The section behind a key, or FAILED; ``given`` are fields that are not in the table."""
        if not isinstance(raw, dict):
            return self._problem(f"{key} is {_given(raw)}, not a table: write [{key}]")
        before = len(self.problems)
        values = given | self._values(kind, raw, key)
        for name, (item, about) in _keys(kind).items():
            if name not in raw and (value := self._default(item, about, join(key, name))) is not FAILED:
                values[item.name] = value
        self._check(kind, values | {"given": raw.keys()}, key)
        return FAILED if len(self.problems) > before else kind(**values)

    def _part(self, kind: type, raw: object, key: str) -> Any:
        """The fields of a section that are there, by name."""
        if not isinstance(raw, dict):
            return self._problem(f"{key} is {_given(raw)}, not a table: write [{key}]")
        before = len(self.problems)
        values = self._values(kind, raw, key)
        self._check(kind, values | {"given": raw.keys()}, key)
        return FAILED if len(self.problems) > before else values

    def _values(self, kind: type, raw: Mapping[str, object], key: str) -> dict[str, Any]:
        """The fields that stand in a table, without those that could not be read."""
        keys = _keys(kind)
        for unknown in raw.keys() - keys.keys():
            self._unknown(unknown, key, list(keys))
        read = {
            item.name: self._value(about, raw[name], join(key, name))
            for name, (item, about) in keys.items()
            if name in raw
        }
        return {name: value for name, value in read.items() if value is not FAILED}

    def _check(self, kind: type, known: Mapping[str, Any], key: str) -> None:
        """Hold what is known of a section against the rules over several of its fields."""
        for check in CHECKS:
            if check.section is kind and set(check.needs) <= known.keys():
                for found in check.find(*(known[name] for name in check.needs)):
                    self._problem(f"{key}.{found}" if key else found)

    def _value(self, about: About, raw: object, key: str) -> Any:
        """What stands behind a key that is there."""
        if about.kind is not None:
            return self._leaf(about.kind, raw, key)
        if about.shape == "named":
            return self._named(about, raw, key)
        if about.shape == "part":
            return self._part(_one(about), raw, key)
        if about.shape == "array":
            if not isinstance(raw, list):
                return self._problem(f"{key} is {_given(raw)}, not an array of tables: write [[{key}]]")
            read = tuple(self.section(_one(about), item, f"{key}[{index}]") for index, item in enumerate(raw))
            return FAILED if FAILED in read else read
        if isinstance(about.section, Mapping):
            return self._tagged(about.section, raw, key)
        return self.section(_one(about), raw, key)

    def _named(self, about: About, raw: object, key: str) -> Any:
        """Tables by name; those that failed are left out, and only if all did is the whole FAILED."""
        if not isinstance(raw, dict):
            return self._problem(f"{key} is {_given(raw)}, not a table: write [{key}.NAME]")
        read = {}
        for name, table in raw.items():
            place = join(key, name)
            try:
                about.names.read(name, self.folder)
            except ValueError as problem:
                self._problem(f"{place} {problem}")
            read[name] = (
                self._tagged(about.section, table, place)
                if isinstance(about.section, Mapping)
                else self.section(_one(about), table, place, name=name)
            )
        whole = {name: section for name, section in read.items() if section is not FAILED}
        return FAILED if read and not whole else whole

    def _tagged(self, choices: Mapping[str, type], raw: object, key: str) -> Any:
        """A table whose ``type`` says which section it is."""
        words = f"one of {', '.join(choices)}"
        if not isinstance(raw, dict):
            return self._problem(f"{key} is {_given(raw)}, not a table: write [{key}]")
        if "type" not in raw:
            return self._problem(f"{key}.type is missing: write {words}")
        tag, place = raw["type"], join(key, "type")
        if not isinstance(tag, str) or tag not in choices:
            return self._problem(f"{place} is not known: write {words}{nearest(str(tag), list(choices))}")
        return self.section(choices[tag], {name: value for name, value in raw.items() if name != "type"}, key)

    def _leaf(self, kind: Kind, raw: object, key: str) -> Any:
        """One value, with its references replaced."""
        origin, folder, resolved = None, self.folder, raw
        try:
            if isinstance(raw, Override):
                origin, folder, raw = raw.origin, raw.folder, raw.value
                resolved = raw
            else:
                resolved = self._resolve(raw)
            value = kind.read(resolved, folder)
        except ValueError as problem:
            return self._problem(f"{key} = {_shown(kind, raw)} {problem}", origin)
        if isinstance(value, Secret) and value.origin == "literal":
            self.warnings.append(
                f"{self.file}: {key} stands in the file: write ${{env:NAME}} or ${{file:PATH}} instead"
            )
        return value

    def _resolve(self, raw: object) -> object:
        """The value with every ``${...}`` in it replaced, however deep."""
        if isinstance(raw, str):
            return interpolate(raw, self.environ, self.folder)
        if isinstance(raw, list):
            return [self._resolve(item) for item in raw]
        if isinstance(raw, dict):
            return {name: self._resolve(item) for name, item in raw.items()}
        return raw

    def _default(self, item: Field[Any], about: About, key: str) -> Any:
        """What a key that is not there stands for."""
        if item.default_factory is not MISSING:
            return item.default_factory()
        if item.default is MISSING:
            return self._problem(f"{key} is missing: write {about.kind}")
        return item.default

    def _unknown(self, name: str, key: str, valid: list[str]) -> None:
        """A key that is in the table and means nothing."""
        known = f"the keys here are {', '.join(valid)}" if valid else "there are no keys here"
        self._problem(f"{join(key, name)} is not known: {known}{nearest(name, valid)}")

    def _problem(self, message: str, origin: str | None = None) -> Failed:
        """Note what is wrong; the message begins with the key."""
        self.problems.append(f"{origin or self.file}: {message}".replace("\n", " "))
        return FAILED


def _keys(kind: type) -> dict[str, tuple[Field[Any], About]]:
    """The fields of a section that stand in the file, by key."""
    found = [(item, item.metadata["about"]) for item in fields(kind) if "about" in item.metadata]
    return {about.key or item.name: (item, about) for item, about in found}


def _one(about: About) -> type:
    """The section of a field that has exactly one kind of section."""
    assert isinstance(about.section, type)
    return about.section


def _given(raw: object) -> str:
    """The type of a value that should be a table; never the value, which may be a secret."""
    return type_of(raw.value if isinstance(raw, Override) else raw)


def _shown(kind: Kind, raw: object) -> str:
    """A value as the file has it, unless it is or may hold a secret: references are not replaced."""
    if isinstance(kind, SecretText | Headers):
        return "[redacted]"
    if isinstance(raw, dict):
        return "{...}"
    shown = json.dumps(raw, ensure_ascii=False, default=str)
    return re.sub(r"//.*@", "//[redacted]@", shown if len(shown) <= 80 else f"{shown[:79]}…")  # noqa: PLR2004 - a line
