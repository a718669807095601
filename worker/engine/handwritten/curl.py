"""Writes a request as a curl command (7.55 or newer) for bash."""

from typing import Final

from worker.engine.handwritten.draft import Draft
from worker.engine.handwritten.shell import comment, piped, word
from worker.engine.handwritten.text import Text

_NEXT: Final = " \\\n  "
_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # methods that nobody expects a body of


def curl(draft: Draft) -> str:
    """Lines for a shell: a comment for each remark, then one command that shows the answer with its headers."""
    start = "" if draft.body is None else piped(draft.body)
    method = "--head" if draft.method == "HEAD" and draft.body is None else f"-X {word((draft.method,))}"
    parts = [f"{start}curl -i {method}{_as_it_is(draft.url)} {word(draft.url)}"]
    if draft.account is not None:
        parts.append(f"-u {word((f'{draft.account.username}:', *draft.account.password))}")
    parts += [f"-H {word(_header(name, value))}" for name, value in draft.headers]
    if draft.body is not None:
        parts.append("--data-binary @-" if start else f"--data-raw {word((draft.body.decode(),))}")
    elif draft.method not in _BODILESS:
        parts.append("-H 'Content-Length: 0'")
    return "\n".join([*map(comment, draft.remarks), _NEXT.join(parts)])


def _header(name: str, value: Text) -> Text:
    return (
        (f"{name};",) if value in {(), ("",)} else (f"{name}: ", *value)
    )  # curl takes "name:" for a header to leave out


def _as_it_is(url: Text) -> str:
    """What keeps curl from reading patterns, or a way up the folders, into a URL."""
    text = "".join(part for part in url if isinstance(part, str))
    globs = " -g" if set("[]{}") & set(text) else ""
    return globs + (" --path-as-is" if "/." in text else "")
