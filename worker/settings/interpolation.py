"""``${env:NAME}`` and ``${file:PATH}`` inside of any text of the config; ``$${`` stands for ``${``."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from worker.settings.secret import read_piece

_REFERENCE: Final = re.compile(r"\$\$\{|\$\{([^}]*)\}?")


class Interpolated(str):
    """A text that came from elsewhere, at least in part.

    Attributes:
        origin: ``env:NAME`` or ``file:PATH`` of each reference, joined by `` + ``.
        pieces: what to put together to have the text again; files are read anew.
    """

    __slots__ = ("origin", "pieces")
    origin: str
    pieces: tuple[str | Path, ...]


def interpolate(text: str, environ: Mapping[str, str], folder: Path) -> str:
    """The text with its references replaced: a plain ``str`` where it had none, else ``Interpolated``.

    Args:
        text: as it stands in the config.
        environ: where ``${env:}`` looks.
        folder: what relative paths in ``${file:}`` are relative to.

    Raises:
        ValueError: an unset variable, an unreadable file, or a reference that is neither; with the remedy.
    """
    pieces: list[str | Path] = []
    origins: list[str] = []
    end = 0
    for match in _REFERENCE.finditer(text):
        pieces.append(text[end : match.start()])
        end = match.end()
        if match.group() == "$${":
            pieces.append("${")
            continue
        piece = _resolve(match.group(), environ, folder)
        origins.append(match.group(1) if isinstance(piece, str) else f"file:{piece}")
        pieces.append(piece)
    pieces.append(text[end:])
    value = "".join(read_piece(piece) for piece in pieces)
    if not origins:
        return value
    result = Interpolated(value)
    result.origin, result.pieces = " + ".join(origins), tuple(piece for piece in pieces if piece != "")
    return result


def _resolve(reference: str, environ: Mapping[str, str], folder: Path) -> str | Path:
    """What one ``${...}`` stands for: an environment's value, or the file to read."""
    kind, _, name = reference.removeprefix("${").removesuffix("}").partition(":")
    if not reference.endswith("}") or kind not in {"env", "file"} or not name:
        raise ValueError("holds a ${...} that says nothing: write ${env:NAME} or ${file:PATH}, or $${ for a plain ${")
    if kind == "file":
        return folder / name
    if name not in environ:
        raise ValueError(f"needs the environment variable {name}, which is not set: export {name}=...")
    return environ[name]
