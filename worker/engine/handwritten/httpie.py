"""Writes a request as an HTTPie command (3.0 or newer) for bash."""

import re
from collections.abc import Iterator
from typing import Final

from worker.engine.handwritten.draft import Draft
from worker.engine.handwritten.shell import comment, piped, word
from worker.engine.handwritten.text import Text

_NEXT: Final = " \\\n  "
#: HTTPie takes a backslash before these for its own, and there is no way to write one that stays.
_EATEN: Final = re.compile(r"\\[:=@;]")


def httpie(draft: Draft) -> str:
    """Lines for a shell: a comment for each remark, then one command that shows the answer with its headers."""
    start = "" if draft.body is None else piped(draft.body)
    flags = "" if start else " --ignore-stdin"
    if draft.account is not None:  # HTTPie takes no options between the URL and the headers
        flags += f" -a {word((f'{draft.account.username}:', *draft.account.password))}"
    parts = [f"{start}http{flags} {word((draft.method,))} {word(draft.url)}"]
    parts += [word(_header(name, value)) for name, value in draft.headers]
    if draft.body is not None and not start:
        parts.append(f"--raw {word((draft.body.decode(),))}")
    return "\n".join([*map(comment, [*draft.remarks, *_eaten(draft)]), _NEXT.join(parts)])


def _header(name: str, value: Text) -> Text:
    """``name: value``; the blank keeps a value that starts with ``=`` or ``@`` from meaning something else."""
    return (f"{name};",) if value in {(), ("",)} else (f"{name}: ", *value)


def _eaten(draft: Draft) -> Iterator[str]:
    for name, value in draft.headers:
        if any(isinstance(part, str) and _EATEN.search(part) for part in value):
            yield f"HTTPie takes a backslash out of the header {name}: use --as curl to send it as it is"
