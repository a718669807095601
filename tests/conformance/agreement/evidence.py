"""What can be seen of a case: which media type was sent, which schema is concerned, which value is at fault."""

import re
import warnings
from typing import Any
from urllib.parse import unquote

from tests.conformance.agreement.comparison import Case
from tests.conformance.agreement.document import followed, inside
from worker.contract.document import pointer_tokens
from worker.contract.media import Kind
from worker.outcome import Fault


def kind(case: Case) -> Kind | None:
    """How the body was written: as the first of the contract's media types; None where there is none."""
    return case.operation.body.contents[0].kind if case.operation.body else None


def given(case: Case, name: str) -> Any:
    """The value of a parameter; None where there is none."""
    params = case.job.get("params", {})
    return next((params.get(one.flat) for one in case.operation.parameters if name in {one.name, one.flat}), None)


def is_deep(value: Any) -> bool:
    """Whether there are lists or objects inside of a list or object."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(isinstance(one, list | dict) for one in inner)


def tokens(fault: Fault) -> list[str]:
    """The way into the job to what is at fault: ``["params", "limit"]``."""
    return pointer_tokens(unquote(fault.pointer.removeprefix("#")))


def value(case: Case, fault: Fault) -> Any:
    """What is at fault."""
    here: Any = case.job
    for token in tokens(fault):
        here = here[int(token) if isinstance(here, list) else token]
    return here


def fits_ascii(case: Case, fault: Fault) -> bool:
    """Whether text matches the pattern that it should not match, with classes of characters as small as ECMA-262's."""
    shown = fault.detail.partition(" does not match the pattern ")[2].removesuffix("...")
    patterns = {str(one["pattern"]) for one in inside(case.document) if "pattern" in one}
    meant = [one for one in patterns if one.startswith(shown)]
    with warnings.catch_warnings(action="ignore"):  # of what a pattern will mean one day
        return any(re.search(one, value(case, fault), re.ASCII) for one in meant)


def is_read_only(case: Case, name: str) -> bool:
    """Whether some property of a name is read-only."""
    found = (followed(case.document, one.get(name)) for one in inside(case.document))
    return any(isinstance(one, dict) and one.get("readOnly") is True for one in found)


def has_default(case: Case, place: str, name: str) -> bool:
    """Whether a parameter has a default; or, of a body, any property of a name."""
    if place == "body":
        return any("default" in one[name] for one in inside(case.document) if isinstance(one.get(name), dict))
    described = (one for one in inside(case.document) if (one.get("in"), one.get("name")) == (place, name))
    return any("default" in (followed(case.document, one.get("schema")) or {}) for one in described)


def formats(case: Case) -> set[str]:
    """All that the operation's document has."""
    return {one["format"] for one in inside(case.document) if isinstance(one.get("format"), str)}


def discriminates(case: Case) -> bool:
    """Whether the operation's document has a discriminator."""
    return any("discriminator" in one for one in inside(case.document))
