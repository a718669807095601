"""What an API says is wrong with a job that its contract allows, as faults that point into the job."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, cast

from worker.contract.document import pointer
from worker.contract.operation import Operation, Parameter
from worker.job import UNSET, Job
from worker.outcome import Fault, Place
from worker.redaction import REDACTED, is_secret
from worker.stages.complaint import Complaint, read

_MAX_FAULTS: Final = 50  # of one answer: enough for a form, and nobody mends more at a time
_RULE: Final = "rejected"  # where the API has no code of its own
_QUOTED: Final = re.compile(r"(['\"`]).*?\1")
_FOLD: Final = str.maketrans("", "", "-_ ")


def faults(body: bytes, job: Job, operation: Operation) -> tuple[Fault, ...]:
    """What the body of a 400 or 422 says is wrong with a job, each once; at least one of a body that says something."""
    made = (_fault(one, job, operation) for one in read(body))
    return tuple(dict.fromkeys(islice(made, _MAX_FAULTS)))


class _At(NamedTuple):
    """A place in a job: the steps of a pointer, and the part of the request."""

    steps: Sequence[str]
    place: Place


def _fault(complaint: Complaint, job: Job, operation: Operation) -> Fault:
    at = _at(complaint, job, operation)
    detail = complaint.detail
    if any(is_secret(step) for step in at.steps):  # what is quoted is the value, most likely
        detail = _QUOTED.sub(REDACTED, detail)
    return Fault(f"#{pointer(*at.steps)}", at.place, complaint.rule or _RULE, detail)


def _at(complaint: Complaint, job: Job, operation: Operation) -> _At:
    where, path = complaint.where, complaint.path
    if where is None and path and _is_part(path, job):
        where, path = _PARTS[path[0]], path[1:]
    if where == "body":
        return _At(("body", *_as_written(path, job.body)), "body")
    if not path:
        return _At((), "job")
    if (found := _parameter(path[0], where, job, operation)) is not None:
        return _At(("params", found.flat, *path[1:]), cast("Place", found.place))
    if where is None and (operation.body is not None or job.body is not UNSET):
        return _At(("body", *_as_written(path, job.body)), "body")
    return _At(("params", *path), cast("Place", where or "query"))


_PARTS: Final = {
    "body": "body",
    "query": "query",
    "path": "path",
    "header": "header",
    "headers": "header",
    "cookie": "cookie",
    "cookies": "cookie",
}


def _is_part(path: Sequence[str], job: Job) -> bool:
    """Whether a path begins with the part of the request that it is in, as FastAPI's and our own do."""
    if isinstance(job.body, Mapping) and path[0] in job.body:
        return False
    return path[0] == "body" or (path[0] in _PARTS and len(path) > 1)


def _parameter(name: str, where: str | None, job: Job, operation: Operation) -> Parameter | None:
    """The parameter of this name, if the complaint can be about it; a header's in whatever case."""
    if where is None and isinstance(job.body, Mapping) and name in job.body:
        return None
    known = [one for one in operation.parameters if where in {None, one.place}]
    alike = [one for one in known if _folded(one.name) == _folded(name)]
    return next((one for one in alike if one.name == name), alike[0] if alike else None)


def _as_written(path: Sequence[str], value: Any) -> Iterator[str]:
    """A path with its names as the job has them: APIs write ``unitPrice``, ``UnitPrice`` or ``unit_price`` for one."""
    for step in path:
        if isinstance(value, Mapping) and step not in value:
            alike = [name for name in value if _folded(name) == _folded(step)]
            step = alike[0] if len(alike) == 1 else step  # noqa: PLW2901 - the same step, in the job's words
        value = _item(value, step)
        yield step


def _item(value: Any, step: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(step)
    if isinstance(value, list) and step.isascii() and step.isdecimal() and int(step[:9]) < len(value):
        return value[int(step[:9])]
    return None


def _folded(name: str) -> str:
    return name.translate(_FOLD).lower()
