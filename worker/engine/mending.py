"""Mends failed jobs: an edit applied, and the job held against the contract again."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import orjson

from worker.clock import from_rfc3339
from worker.contract.contract import Contract
from worker.contract.envelope import Envelope
from worker.contract.explain import suggest
from worker.engine.change import Change, mended
from worker.engine.patch import Operation, patched
from worker.errors import UsageError
from worker.failure import Failure
from worker.job import IDENTITY
from worker.outcome import Cause, Refuse
from worker.ports import Edit
from worker.settings import ApiSettings
from worker.stages.refusal import refusal
from worker.stages.validate import check

#: A contract or a config that has changed since can turn these into good jobs; the others have passed it already.
_CHECKED_AGAIN: Final = frozenset({Cause.MALFORMED, Cause.MISSING, Cause.INVALID})

#: What becomes of a job's JSON form, which stays as it is; a UsageError says why that cannot be.
Revision: TypeAlias = Callable[[Mapping[str, Any]], Any]


def revision(changes: Sequence[Change], operations: Sequence[Operation]) -> Revision | None:
    """The changes, and then the operations of a patch, as one; None where there are none."""
    if not changes and not operations:
        return None
    return lambda job: patched(mended(job, changes), operations)


class Decision(NamedTuple):
    """What is to happen to one failed job: ``edit`` where it can be sent again, else ``reason`` why not."""

    edit: Edit | None
    changed: bool
    reason: str = ""


class Mender:
    """Applies edits to failed jobs and says which of them can be sent again.

    Args:
        contracts: by API.
        apis: say how strictly their jobs are checked.
    """

    def __init__(self, contracts: Mapping[str, Contract], apis: Mapping[str, ApiSettings]) -> None:
        self._contracts = contracts
        self._apis = apis
        self._envelope = Envelope()

    def decide(self, failure: Failure, payload: str, revise: Revision | None = None) -> Decision:
        """Whether a failed job, with its content as JSON text, may go back to the queue.

        Without an edit only jobs that were refused for their content are checked again.
        """
        if revise is None and failure.problem.cause not in _CHECKED_AGAIN:
            return Decision(Edit(failure.id), changed=False)
        job = orjson.loads(payload)
        try:
            made = job if revise is None else revise(job)
            text = b"" if revise is None else orjson.dumps(made)
            changed = revise is not None and text != orjson.dumps(job)
        except UsageError as error:
            return Decision(None, changed=False, reason=str(error))
        except orjson.JSONEncodeError:
            return Decision(None, changed=False, reason="it is nested too deeply to be edited")
        if reason := self._reason(job, made):
            return Decision(None, changed, reason)
        if not changed:
            return Decision(Edit(failure.id), changed)
        later = made.get("not_before")
        due_at = from_rfc3339(later) if later and later != job.get("not_before") else None
        return Decision(Edit(failure.id, text.decode(), due_at), changed)

    def _reason(self, job: Mapping[str, Any], made: Any) -> str:
        if faults := self._envelope.faults(made):
            return refusal(faults, "intake").detail
        for name in IDENTITY:
            if made.get(name) != job.get(name):
                return f"{name} says which job this is and cannot be changed; submit a new job instead"
        api = made.get("api", "")
        contract = self._contracts.get(api)
        if contract is None:
            return f"the config has no API {api!r}; {suggest(api, list(self._contracts))}"
        verdict = check(made, contract, self._apis[api].mode(made["operation"]))
        return verdict.problem.detail if isinstance(verdict, Refuse) else ""
