"""Reads a TOML file, or says in one line why that cannot be: file, line, remedy."""

import re
import tomllib
from pathlib import Path
from typing import Any

from worker.errors import ConfigError


def read(file: Path, missing: str) -> dict[str, Any]:
    """The file's tables.

    Args:
        file: where it is.
        missing: what to do if it is not there, in words.

    Raises:
        ConfigError: it cannot be read.
    """
    return _parsed(file, _text(file, missing))


def _text(file: Path, missing: str) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{file}: there is no such file: {missing}") from None
    except IsADirectoryError:
        raise ConfigError(f"{file}: is a folder: name the file in it, such as {file / 'preflight.toml'}") from None
    except UnicodeDecodeError as problem:
        line = problem.object.count(b"\n", 0, problem.start) + 1
        raise ConfigError(f"{file}: line {line} is not UTF-8 text: save the file as UTF-8") from None
    except OSError as problem:
        raise ConfigError(f"{file}: cannot be read ({problem.strerror}): see to its permissions") from None


def _parsed(file: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError(f"{file}: is nested too deeply: take some brackets out") from None
    except ValueError as problem:  # TOMLDecodeError, and what int() says of thousands of digits
        last = f"(at line {text.count(chr(10)) + 1}, the last)"
        where = re.sub(r"\(at end of document\)", last, str(problem))
        raise ConfigError(f"{file}: is not TOML: {where}: correct it there") from None
