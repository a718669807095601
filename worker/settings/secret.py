"""A secret that knows where it came from, never shows itself by accident, and can be read again."""

from dataclasses import dataclass, field
from pathlib import Path

from worker.errors import ConfigError


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A value that must not be written anywhere; equal to another with the same value and origin.

    Attributes:
        origin: ``env:SHOP_TOKEN``, ``file:/run/secrets/shop``, both joined by `` + ``, or ``literal``.
        pieces: the texts and files that the value is put together from; none for a value that cannot change.
    """

    _value: str
    origin: str = "literal"
    pieces: tuple[str | Path, ...] = field(default=(), compare=False)

    def reveal(self) -> str:
        """The value itself, for the one place that sends it."""
        return self._value

    def reread(self) -> "Secret":
        """The secret as its files are now. An environment does not change while a process runs, so nor does its part.

        Raises:
            ConfigError: a file can no longer be read.
        """
        if not any(isinstance(piece, Path) for piece in self.pieces):
            return self
        try:
            value = "".join(read_piece(piece) for piece in self.pieces)
        except ValueError as problem:
            raise ConfigError(f"secret {self.origin}: {problem}") from None
        return Secret(value, self.origin, self.pieces)

    def __repr__(self) -> str:
        return f"Secret({self.origin})"

    __str__ = __repr__


def read_piece(piece: str | Path) -> str:
    """A text as it is, a file's content without its last newline.

    Raises:
        ValueError: the file cannot be read; the message names it and the remedy.
    """
    if isinstance(piece, str):
        return piece
    try:
        return piece.read_text("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise ValueError(f"file {piece} is not UTF-8 text: save it as UTF-8") from None
    except OSError as problem:
        reason = problem.strerror or "cannot be read"
        raise ValueError(f"file {piece} cannot be read ({reason}): create it, or correct the path") from None
