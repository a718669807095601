"""What is known of a field of the settings besides its type.

Each field carries its key, its kind (unit and range, and what reads it) and the reason for its default, so that the
reader, ``config/reference.toml`` and the tests all follow from the sections themselves.
"""

from collections.abc import Mapping
from dataclasses import MISSING, field
from typing import Any, Final, Literal, NamedTuple

from worker.settings import kinds

Shape = Literal["one", "array", "named", "part"]

_ANY_NAME: Final = kinds.Text()


class About(NamedTuple):
    """What is known of a field besides its type: the ``metadata["about"]`` of each.

    Attributes:
        kind: reads and checks one value; None where the field is made of sections.
        reason: why it exists, or why the default is what it is.
        key: what it is called in the file; None where that is the field's name.
        when: when it is required although it has a default, in words; ``checks`` sees to that.
        section: the dataclass, or the dataclasses by ``type``, of a field that is made of sections.
        shape: how those sections stand in the file: one table, an array of tables, tables by name; or one table of
            which only what is there counts, so that the field has a mapping of its values by field.
        names: what the names of tables by name have to look like.
    """

    kind: kinds.Kind | None
    reason: str
    key: str | None = None
    when: str = ""
    section: type | Mapping[str, type] | None = None
    shape: Shape = "one"
    names: kinds.Text = _ANY_NAME


def setting(kind: kinds.Kind, reason: str, default: Any = MISSING, *, key: str | None = None, when: str = "") -> Any:
    """A field that is one value in the file; required where it has no default, or ``when`` it says so."""
    about = About(kind, reason, key, when)
    if isinstance(default, dict):
        return field(default_factory=default.copy, metadata={"about": about})
    return field(default=default, metadata={"about": about})


def sections(
    section: type | Mapping[str, type],
    reason: str,
    default: type = dict,
    shape: Shape = "one",
    names: kinds.Text = _ANY_NAME,
) -> Any:
    """A field that is a table of its own, several in an array, or several by name."""
    about = About(None, reason, section=section, shape=shape, names=names)
    return field(default_factory=default, metadata={"about": about})
