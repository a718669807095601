"""Mends failed jobs: edits as a person writes them, applied, held against the contract again, put back on the queue."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import orjson

from worker.contract.contract import Contract
from worker.contract.envelope import Envelope
from worker.contract.explain import suggest
from worker.errors import UsageError
from worker.failure import Failure, Selection
from worker.job import UNSET
from worker.outcome import Cause, Refuse
from worker.ports import Edit, Ledger
from worker.settings import ApiSettings
from worker.stages.refusal import refusal
from worker.stages.validate import check

_IDENTITY: Final = frozenset({"id", "api", "operation"})
_TEXTS: Final = frozenset({"key", "deadline", "not_before"})
#: Their members are named by all that follows the first dot: a parameter may be called ``query.id``.
_FLAT: Final = frozenset({"params", "headers", "cost"})
_NESTED: Final = frozenset({"body", "meta"})
_PLACES: Final = frozenset({"priority"}) | _TEXTS | _FLAT | _NESTED

#: A contract or a config that has changed since can turn these into good jobs; the others have passed it already.
_CHECKED_AGAIN: Final = frozenset({Cause.MALFORMED, Cause.MISSING, Cause.INVALID})

_MAX_TOLD: Final = 5  # reasons that a person is shown: more of them are mostly the same again


class Change(NamedTuple):
    """One edit: a path into a job, and what is to stand there; ``UNSET`` takes away what stands there."""

    path: tuple[str, ...]
    value: Any


def setting(text: str) -> Change:
    """``body.qty=3`` as a change: the value is JSON, or else text; in a header, a key or a date it is always text.

    Raises:
        UsageError: there is no ``=``, or the place is none that can be changed.
    """
    place, equals, written = text.partition("=")
    if not equals:
        raise UsageError(f"--set {text}: write PLACE=VALUE, such as body.qty=3")
    path = _path(place, f"--set {text}")
    value: Any = written
    try:
        value = orjson.loads(written)
    except orjson.JSONDecodeError:
        return Change(path, written)
    is_text = path[0] in _TEXTS or (path[0] == "headers" and len(path) > 1)
    return Change(path, written if is_text and not isinstance(value, str | None) else value)


def unsetting(place: str) -> Change:
    """A place whose value is to be taken away.

    Raises:
        UsageError: the place is none that can be changed.
    """
    return Change(_path(place, f"--unset {place}"), UNSET)


def _path(place: str, option: str) -> tuple[str, ...]:
    head, dot, rest = place.partition(".")
    if head in _IDENTITY:
        raise UsageError(f"{option}: {head} says which job this is and cannot be changed; submit a new job instead")
    if head not in _PLACES:
        raise UsageError(f"{option}: {head!r} is no place in a job; {suggest(head, sorted(_PLACES))}")
    if not dot:
        return (head,)
    if head not in _FLAT | _NESTED:
        raise UsageError(f"{option}: {head} is a single value and has no members; write {head} alone")
    path = (head, rest) if head in _FLAT else (head, *rest.split("."))
    if not all(path):
        raise UsageError(f"{option}: a name between the dots is missing")
    return path


def mended(payload: Mapping[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    """A job's JSON form with every change made, in order; ``payload`` itself stays as it is.

    Objects that are missing (or null) on the way are made, and a list where the next step is ``0``; the number of
    one past a list's end adds to it. Taking away what is not there changes nothing.

    Raises:
        UsageError: a path leads into a value that has no members, or past the end of a list.
    """
    made: Any = dict(payload)
    for change in changes:
        made = _put(made, change, 0)
    return dict(made)


def _put(here: Any, change: Change, depth: int) -> Any:
    step = change.path[depth]
    if here is None and change.value is not UNSET:
        here = [] if step == "0" else {}
    if isinstance(here, Mapping):
        return _put_member(here, step, change, depth)
    if isinstance(here, list) and (change.value is not UNSET or _index(step, len(here) - 1) is not None):
        return _put_item(here, step, change, depth)
    if change.value is UNSET:
        return here
    at = ".".join(change.path[:depth])
    raise UsageError(f"{'.'.join(change.path)} cannot be set: {at} is a single value and has no members")


def _put_member(here: Mapping[str, Any], step: str, change: Change, depth: int) -> Any:
    if change.value is UNSET and step not in here:
        return here
    if depth + 1 < len(change.path):
        return {**here, step: _put(here.get(step), change, depth + 1)}
    if change.value is UNSET:
        return {name: value for name, value in here.items() if name != step}
    return {**here, step: change.value}


def _put_item(here: list[Any], step: str, change: Change, depth: int) -> Any:
    index = _index(step, len(here))
    if index is None:
        at = ".".join(change.path[:depth])
        raise UsageError(f"{'.'.join(change.path)} cannot be set: {at} is a list of {len(here)}, counted from 0")
    before, after = here[:index], here[index + 1 :]
    if depth + 1 < len(change.path):
        inner = here[index] if index < len(here) else None
        return [*before, _put(inner, change, depth + 1), *after]
    return [*before, *after] if change.value is UNSET else [*before, change.value, *after]


def _index(step: str, most: int) -> int | None:
    """The step as an index from 0 to ``most``; None where it is none."""
    is_number = step.isascii() and step.isdecimal() and len(step) <= 9  # noqa: PLR2004 - no list is longer
    return int(step) if is_number and int(step) <= most else None


class Decision(NamedTuple):
    """What is to happen to one failed job: ``edit`` where it can be sent again, else ``reason`` why not."""

    edit: Edit | None
    changed: bool
    reason: str = ""


class Mender:
    """Applies changes to failed jobs and says which of them can be sent again.

    Args:
        changes: made to every job; without any, only jobs that were refused for their content are checked again.
        contracts: by API.
        apis: say how strictly their jobs are checked.
    """

    def __init__(
        self, changes: Sequence[Change], contracts: Mapping[str, Contract], apis: Mapping[str, ApiSettings]
    ) -> None:
        self._changes = changes
        self._contracts = contracts
        self._apis = apis
        self._envelope = Envelope()

    def decide(self, failure: Failure, payload: str) -> Decision:
        """Whether a failed job, with its content as JSON text, may go back to the queue."""
        if not self._changes and failure.problem.cause not in _CHECKED_AGAIN:
            return Decision(Edit(failure.id), changed=False)
        job = orjson.loads(payload)
        try:
            made = mended(job, self._changes)
            text = orjson.dumps(made) if self._changes else b""
            changed = bool(self._changes) and text != orjson.dumps(job)
        except UsageError as error:
            return Decision(None, changed=False, reason=str(error))
        except orjson.JSONEncodeError:
            return Decision(None, changed=False, reason="it is nested too deeply to be edited")
        if reason := self._reason(made):
            return Decision(None, changed, reason)
        return Decision(Edit(failure.id, text.decode() if changed else None), changed)

    def _reason(self, job: Mapping[str, Any]) -> str:
        if faults := self._envelope.faults(job):
            return refusal(faults, "intake").detail
        api = job.get("api", "")
        contract = self._contracts.get(api)
        if contract is None:
            return f"the config has no API {api!r}; {suggest(api, list(self._contracts))}"
        verdict = check(job, contract, self._apis[api].mode(job["operation"]))
        return verdict.problem.detail if isinstance(verdict, Refuse) else ""


@dataclass(slots=True)
class Replayed:
    """What a replay did, or would do. ``selected`` is the sum of the others but ``changed``, if nobody else replays.

    Attributes:
        changed: jobs whose content an edit alters.
        replayed: jobs that are back on the queue, or would be.
        rows: selected rows that never became jobs.
        reasons: why jobs are still bad, of the first few: their id and the reason.
    """

    selected: int = 0
    changed: int = 0
    replayed: int = 0
    still_bad: int = 0
    rows: int = 0
    reasons: list[tuple[str, str]] = field(default_factory=list)


class Chosen(NamedTuple):
    """The failures that a person chose: those of a selection that were there when it was made, not later ones.

    Attributes:
        made_at: epoch seconds.
    """

    selection: Selection
    made_at: float


async def replay(ledger: Ledger, chosen: Chosen, mender: Mender, *, only_count: bool = False) -> Replayed:
    """Mend the chosen failures, and put those that may be sent back on the queue, page by page.

    With ``only_count`` nothing is changed, and what would be done is counted.
    """
    done = Replayed()
    async for page in pages(ledger, chosen):
        jobs = [failure for failure in page if failure.state is not None]
        payloads = await ledger.payloads([failure.id for failure in jobs])
        edits = []
        for failure in jobs:
            if (payload := payloads.get(failure.id)) is None:
                continue  # somebody discarded it meanwhile
            decision = mender.decide(failure, payload)
            done.changed += decision.changed
            if decision.edit is not None:
                edits.append(decision.edit)
                continue
            done.still_bad += 1
            if len(done.reasons) < _MAX_TOLD:
                done.reasons.append((failure.id, decision.reason))
        done.selected += len(page)
        done.rows += len(page) - len(jobs)
        done.replayed += len(edits) if only_count or not edits else await ledger.replay(edits)
    return done


async def pages(ledger: Ledger, chosen: Chosen) -> AsyncIterator[list[Failure]]:
    """The chosen failures, a page at a time; they may be replayed and discarded on the way."""
    after: int | None = 0
    while after is not None:
        page, after = await ledger.failures(chosen.selection, after)
        yield [failure for failure in page if failure.failed_at <= chosen.made_at]


async def count(ledger: Ledger, chosen: Chosen) -> int:
    """How many failures are chosen."""
    return sum([len(page) async for page in pages(ledger, chosen)])


async def discard(ledger: Ledger, chosen: Chosen) -> int:
    """Forget the chosen failures for good; how many went."""
    return sum([await ledger.discard([one.id for one in page]) async for page in pages(ledger, chosen) if page])


async def each(ledger: Ledger, chosen: Chosen) -> AsyncIterator[Failure]:
    """The chosen failures, one at a time."""
    async for page in pages(ledger, chosen):
        for failure in page:
            yield failure
