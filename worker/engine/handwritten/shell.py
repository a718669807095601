"""Writes text as words of a shell (bash, and what is like it): every byte arrives as it is, and nothing is run."""

import base64
import re
from typing import Final

from worker.engine.handwritten.text import Hole, Text

_BARE: Final = re.compile(r"[A-Za-z0-9_./:=,@%+-]+")
#: Inside of double quotes these mean themselves, even to a shell that a person types into (``!`` is its history).
_TAME: Final = re.compile(r"[A-Za-z0-9 _./:=?&%+,;@()*~#'|<>{}\[\]^-]*")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAMED: Final = {"\n": r"\n", "\t": r"\t", "\r": r"\r", "'": r"\'", "\\": r"\\"}
#: Linux takes no argument of more than 128 KiB; a character may take four bytes when it is escaped.
_LONGEST_ARGUMENT: Final = 30_000


def word(text: Text) -> str:
    """One word of a command line; secrets are variables and files that the shell puts in."""
    if not any(isinstance(part, Hole) for part in text):
        return _quoted("".join(map(str, text)))
    if all(isinstance(part, Hole) or _TAME.fullmatch(part) for part in text):
        return f'"{_joined(text)}"'
    return "".join(f'"{_expansion(part)}"' if isinstance(part, Hole) else _quoted(part) for part in text)


def comment(line: str) -> str:
    """A line that a shell passes over, whatever stands in it."""
    return f"# {''.join(char if char.isprintable() else ' ' for char in line)}"


def piped(body: bytes) -> str:
    """A command and a pipe that hand these bytes to what follows; empty where one argument can hold them."""
    if b"\0" not in body and _is_text(body):
        return "" if len(body) <= _LONGEST_ARGUMENT else f"printf %s {_quoted(body.decode())} | "
    return f"printf %s {base64.b64encode(body).decode()} | base64 --decode | "


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _joined(text: Text) -> str:
    """What stands between double quotes; a name is kept apart from a letter that follows it."""
    made = ""
    for part in reversed(text):
        if isinstance(part, str):
            made = part + made
            continue
        expansion = _expansion(part)
        if expansion[1:] == part.name and re.match(r"[A-Za-z0-9_\[]", made):
            expansion = f"${{{part.name}}}"
        made = expansion + made
    return made


def _expansion(hole: Hole) -> str:
    """What a shell replaces by the secret, inside of double quotes."""
    if hole.path is not None:
        inner = f"$(cat {_quoted(str(hole.path))})"
    else:
        inner = f"${hole.name}" if _IDENTIFIER.fullmatch(hole.name) else f"$(printenv {_quoted(hole.name)})"
    return f'$(printf %s "{inner}" | jq -sRr @uri)' if hole.encoded else inner


def _quoted(text: str) -> str:
    if _BARE.fullmatch(text):
        return text
    if text.isprintable():
        return "'" + text.replace("'", "'\\''") + "'"
    return "$'" + "".join(map(_escaped, text)) + "'"


def _escaped(char: str) -> str:
    """A character inside of ``$'...'``; one that a terminal would act on is written as its bytes."""
    if char in _NAMED:
        return _NAMED[char]
    if char.isprintable() and char != "!":
        return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode())
