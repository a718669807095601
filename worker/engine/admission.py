"""Turns rows into entries for the queue, or into failures that say what is wrong with them."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from worker.clock import from_rfc3339
from worker.contract.contract import Contract
from worker.contract.envelope import Envelope
from worker.contract.explain import suggest
from worker.engine.coercion import Changed, Coercion
from worker.engine.columns import Columns
from worker.failure import Failure
from worker.intake.row import TOO_DEEP, Row
from worker.job import Entry, Lane, Source, content_id
from worker.outcome import Cause, Fault, Problem, Refuse
from worker.ports import Clock
from worker.redaction import redact
from worker.settings import Validation
from worker.stages.refusal import refusal
from worker.stages.validate import check

#: Levels of lists and objects inside each other. Encoders stop at 254, and a job is written into records around it.
_MAX_DEPTH: Final = 200


#: How strictly the jobs of an API's operation are taken.
Modes = Callable[[str, str], Validation]


class Admission:
    """Decides about rows, one at a time.

    Args:
        contracts: by API.
        default_api: for rows that name none; None where a row has to.
        columns: what the columns of CSV records mean.
        coercion: gives values their types.
        modes: how strictly rows are also held against their contract; None holds them against their envelope only.
        named: call failures by the id of their row where it has one. Off where they are kept: the id is for the job
            that the mended row will be.

    Attributes:
        deprecated: rows that use what is deprecated, by API, operation and parameter; ``""`` is the operation itself.
    """

    def __init__(
        self,
        contracts: Mapping[str, Contract],
        default_api: str | None,
        columns: Columns,
        coercion: Coercion,
        clock: Clock,
        *,
        modes: Modes | None,
        named: bool,
    ) -> None:
        self._contracts = contracts
        self._default_api = default_api
        self._columns = columns
        self._coercion = coercion
        self._clock = clock
        self._modes = modes
        self._named = named
        self._envelope = Envelope()
        self.deprecated: Counter[tuple[str, str, str]] = Counter()

    @property
    def changed(self) -> list[Changed]:
        """The values that were given other types than their rows have."""
        return self._coercion.changed

    def failure(self, row: Row, file: str, *, tabular: bool) -> Failure | None:
        """What is wrong with a row, None of a good one."""
        read = self._read(row, file, tabular=tabular)
        return read if isinstance(read, Failure) else None

    def job(self, row: Row, file: str, *, tabular: bool) -> Mapping[str, Any] | Failure:
        """The JSON form of a good row's job, without an id where it has none; the failure of a bad one."""
        read = self._read(row, file, tabular=tabular)
        return read if isinstance(read, Failure) else read[0]

    def entry(self, row: Row, file: str, *, tabular: bool) -> Entry | Failure:
        """The entry of a good row, the failure of a bad one."""
        read = self._read(row, file, tabular=tabular)
        if isinstance(read, Failure):
            return read
        value, changed = read
        if "id" not in value:
            value["id"] = content_id(value)
            changed = True
        payload = orjson.dumps(value) if changed else row.raw.strip()
        not_before = value.get("not_before")
        return Entry(
            value["id"],
            Lane(value["api"], value["operation"], value.get("key")),
            payload.decode(),
            value.get("priority", 0),
            from_rfc3339(not_before) if not_before else None,
            row.line,
        )

    def conflict(self, entry: Entry, file: str) -> Failure:
        """The failure of a row whose id the queue knows with other content."""
        detail = f"the id {entry.id!r} is taken by a job with other content"
        hint = f"give it another id; if that job failed, mend it: preflight failures replay --id {entry.id} --set ..."
        problem = refusal([Fault("#/id", "job", "unique", detail, hint)], "intake")
        raw = entry.payload.encode()
        return self._bad(Row(entry.line or 0, raw, None), file, orjson.loads(raw), problem)

    def _read(self, row: Row, file: str, *, tabular: bool) -> tuple[dict[str, Any], bool] | Failure:
        """A good row's job, and whether it differs from what stands in the file; a bad row's failure."""
        if row.fault is not None:
            return self._bad(row, file, None, refusal([row.fault], "intake"))
        value = self._record(row) if tabular else row.value
        deep = len(row.raw) > 2 * _MAX_DEPTH and row.raw.count(b"[") + row.raw.count(b"{") > _MAX_DEPTH
        if deep and _is_deeper(value, _MAX_DEPTH):
            return self._bad(row, file, None, refusal([TOO_DEEP], "intake"))
        changed = tabular or (type(value) is dict and self._complete(value, row.line, tabular=False))
        if faults := self._envelope.faults(value):
            return self._bad(row, file, value, refusal(faults, "intake"))
        if (problem := self._problem(value)) is not None:
            return self._bad(row, file, value, problem)
        return value, changed

    def _record(self, row: Row) -> dict[str, Any]:
        """The job that a record of a table describes."""
        job = self._columns.job(row.value, self._default_api)
        self._complete(job, row.line, tabular=True)
        return job

    def _complete(self, value: dict[str, Any], line: int, *, tabular: bool) -> bool:
        """Fill in what the command line says, and give values their types; whether anything had to be done."""
        changed = False
        if "api" not in value and self._default_api is not None:
            value["api"] = self._default_api
            changed = True
        if "operation" not in value and self._columns.operation is not None:
            value["operation"] = self._columns.operation
            changed = True
        return self._coercion.mend(value, line, tabular=tabular) or changed

    def _problem(self, value: Mapping[str, Any]) -> Problem | None:
        api = value.get("api")
        contract = self._contracts.get(api) if api is not None else None
        if contract is None:
            return refusal([self._no_api(api)], "intake")
        if self._modes is None:
            return None
        verdict = check(value, contract, self._modes(value["api"], value["operation"]))
        if isinstance(verdict, Refuse):
            return verdict.problem
        if old := verdict.endpoint.deprecated:
            used = [name for name in old if not name or name in verdict.params]
            self.deprecated.update((value["api"], value["operation"], name) for name in used)
        return None

    def _no_api(self, api: Any) -> Fault:
        known = list(self._contracts)
        if api is None:
            detail, hint = "'api' is missing", f"say which: {', '.join(known)}; or give --api"
            return Fault("#/api", "job", "required", detail, hint, Cause.MISSING)
        return Fault("#/api", "job", "api", f"the config has no API {api!r}", suggest(str(api), known))

    def _bad(self, row: Row, file: str, value: Any, problem: Problem) -> Failure:
        job = value if isinstance(value, dict) else None
        name = job.get("id") if job and self._named else None
        lane = Lane(_text(job, "api") or self._default_api or "", _text(job, "operation"), _text(job, "key") or None)
        return Failure(
            id=name if isinstance(name, str) and name else _row_id(row, file),
            lane=lane,
            problem=problem,
            job=redact(job) if job is not None else None,
            failed_at=self._clock.now(),
            source=Source(file, row.line),
            meta=job.get("meta") if job else None,
        )


def _text(job: Mapping[str, Any] | None, name: str) -> str:
    found = job.get(name) if job else None
    return found if isinstance(found, str) else ""


def _is_deeper(value: Any, levels: int) -> bool:
    level = [value]
    for _ in range(levels + 1):
        holders = [one for one in level if isinstance(one, dict | list)]
        level = [inner for one in holders for inner in (one.values() if isinstance(one, dict) else one)]
    return bool(level)


def _row_id(row: Row, file: str) -> str:
    """The same for the same row of the same file, so that submitting it twice keeps one failure."""
    where = f"{file}\0{row.line}\0".encode()
    return f"row-{hashlib.blake2b(where + row.raw, digest_size=8).hexdigest()}"
