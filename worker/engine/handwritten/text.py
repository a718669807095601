"""Text with holes in it where secrets stand: which variable or file fills each."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from worker.settings.interpolation import Interpolated
from worker.settings.secret import Secret


class Hole(NamedTuple):
    """Where a secret stands.

    Attributes:
        name: of the variable that holds it.
        path: the file that holds it; None where it is a variable of the environment.
        encoded: the secret has characters that a URL cannot hold, so it is percent-encoded where it stands.
    """

    name: str
    path: Path | None = None
    encoded: bool = False


#: Literal text and holes, in order.
Text = tuple[str | Hole, ...]


def variable(*words: str) -> str:
    """``shop``, ``X-Api-Key`` -> ``SHOP_X_API_KEY``: a name that every program takes for a variable."""
    name = re.sub(r"[^A-Z0-9]+", "_", "_".join(words).upper()).strip("_")
    return f"_{name}" if name[:1].isdigit() or not name else name


def written(value: Secret | Interpolated, environ: Mapping[str, str], otherwise: str) -> Text:
    """A value of the config with a hole for each of its references.

    Args:
        value: knows where it came from, and what it is put together of.
        environ: what ``${env:}`` was read from.
        otherwise: the variable that stands for a secret that is written in the config itself.
    """
    if not value.pieces:
        return (Hole(otherwise),)
    names = [origin.removeprefix("env:") for origin in value.origin.split(" + ") if origin.startswith("env:")]
    by_value = {environ.get(name): name for name in reversed(names)}
    return tuple(
        Hole(variable(piece.stem), piece) if isinstance(piece, Path) else _hole_or_text(piece, by_value)
        for piece in value.pieces
    )


def _hole_or_text(piece: str, by_value: Mapping[str | None, str]) -> str | Hole:
    return Hole(by_value[piece]) if piece in by_value else piece


def holes(texts: Iterable[Text]) -> list[Hole]:
    """Every hole of some texts, each variable once."""
    found = {part.name: part for text in texts for part in text if isinstance(part, Hole)}
    return list(found.values())
