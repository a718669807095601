"""Decides what a request gets. Nothing here touches a socket or waits."""

import re
from dataclasses import dataclass, replace
from typing import Final

from worker.clock import SystemClock
from worker.errors import ContractError, UsageError
from worker.ports import Clock
from worker.sandbox.answer import Answer, phrase, problem, refused
from worker.sandbox.behaviour import Behaviour
from worker.sandbox.body import Bodies
from worker.sandbox.capacity import Load
from worker.sandbox.contract import Contract
from worker.sandbox.counts import Counts, Records
from worker.sandbox.credentials import Gate
from worker.sandbox.faults import Faults
from worker.sandbox.limits import Limits
from worker.sandbox.memory import Memory
from worker.sandbox.misbehaviour import Misbehaviour, Rule
from worker.sandbox.operation import Operation
from worker.sandbox.parameters import Parameters
from worker.sandbox.received import Received
from worker.sandbox.routes import Found, WrongMethod
from worker.sandbox.success import Success
from worker.sandbox.tokens import Tokens

_GOOD_DAY: Final = Rule()

_IN_A_TARGET: Final = re.compile(r"[!-~]*")

_HTML: Final = "<!doctype html><title>{0}</title><h1>{0}</h1><p>The gateway could not reach the application.</p>\n"
_GARBAGE: Final = b'{"id": 17, "received": tru\x00\xff'


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done with a request.

    Attributes:
        delay_s: wait for so long before doing it.
        dropped: close the connection instead of answering.
        drip_s: send the answer's body byte by byte with such a pause after each; 0: at once.
        processed: the request was carried out, for the first time.
        replayed: the answer is that of an earlier request with the same idempotency key.
    """

    answer: Answer
    delay_s: float = 0.0
    dropped: bool = False
    drip_s: float = 0.0
    processed: bool = False
    replayed: bool = False


class Sandbox:
    """A strict practice API for a contract.

    Args:
        contract: what it accepts.
        behaviour: limits, credentials and bad days; by default none of them.
        clock: time, for limits, tokens' expiry and delays.
        prefix: a path before those of the contract, such as ``/v2``.
        remember: keep every request for ``GET /__sandbox__/requests``; memory grows with each.

    Raises:
        UsageError: the behaviour speaks of an operation or a security scheme that the contract does not have.
    """

    def __init__(
        self,
        contract: Contract,
        behaviour: Behaviour | None = None,
        clock: Clock | None = None,
        *,
        prefix: str = "",
        remember: bool = False,
    ) -> None:
        self.behaviour = behaviour = behaviour or Behaviour()
        self.contract = contract
        self.clock: Clock = clock or SystemClock()
        self.counts = Counts()
        self.records = Records() if remember else None
        self.prefix = prefix.rstrip("/")
        self._gate = Gate(contract.schemes, behaviour.credentials, self.clock)
        self._limits = Limits(behaviour.limits, self.clock)
        self._load = Load(behaviour.capacity, behaviour.seed)
        self._misbehaviour = Misbehaviour(behaviour.faults, behaviour.seed, behaviour.idempotency_header)
        self._key_header = behaviour.idempotency_header.lower() if behaviour.idempotency_header else None
        self._delivered: Memory[bytes] = Memory()
        self._schemas = contract.read_as(
            lenient=behaviour.nullable == "lenient", strict=behaviour.read_only == "refuse"
        )
        self._inputs: dict[str, tuple[Parameters, Bodies]] = {}
        self._successes: dict[str, Success] = {}
        self._keys_in_query = frozenset(s.field for s in contract.schemes.values() if s.kind == "query")
        self._started_at = self.clock.monotonic()
        _agree(contract, behaviour)

    @property
    def peak_per_window(self) -> int:
        """The most requests that any window of the first limit has held; 0 where there is no limit."""
        return self._limits.peak

    @property
    def tokens(self) -> Tokens:
        """Tokens that clients were given."""
        return self._gate.tokens

    def reset(self) -> None:
        """Forget everything that was seen: counts, limits, idempotency keys, attempts; its time starts anew."""
        self.counts = Counts()
        self._started_at = self.clock.monotonic()
        self._limits.reset()
        self._load.reset()
        self._misbehaviour.reset()
        self._delivered.clear()
        if self.records is not None:
            self.records.clear()

    def decide(self, request: Received) -> Decision:
        """What this request gets; it is counted by then. ``request.path`` still has the prefix."""
        found = self._find(request)
        if isinstance(found, Found) and found.others:
            found = self._meant(found, request)
        operation = found.operation if isinstance(found, Found) else None
        try:
            decision = self._judge(found, request) if isinstance(found, Found) else Decision(found)
        except ContractError as error:
            decision = Decision(problem(500, f"the contract itself is broken: {error}"))
        self._note(request, operation, decision)
        return decision

    def _find(self, request: Received) -> Found | Answer:
        if not _IN_A_TARGET.fullmatch(f"{request.path}?{request.query}"):
            return problem(400, "the target has characters that a URL cannot have: percent-encode them")
        found = None
        if request.path.startswith(self.prefix + "/"):
            found = self.contract.routes.find(request.method, request.path[len(self.prefix) :])
        if found is None:
            return problem(404, f"{request.path} is no path of this contract")
        if isinstance(found, WrongMethod):
            allowed = ", ".join(found.allowed)
            return problem(405, f"{request.path} knows {allowed}", headers={"Allow": allowed})
        return found

    def _meant(self, found: Found, request: Received) -> Found:
        """Of operations that only differ in what they take, the first that takes this request, or else the first."""
        for each in (found, *found.others):
            try:
                if not each.operation.broken and self._validate(each, request) is None:
                    return each
            except ContractError:
                continue  # the schemas of that one are broken; it answers 500 where nobody else takes the request
        return found

    def _judge(self, found: Found, request: Received) -> Decision:
        """Who, how often, what: in the order in which APIs ask."""
        if found.operation.broken:
            raise ContractError(found.operation.broken)
        refusal = self._gate.judge(found.operation, request)
        if refusal:
            return Decision(refusal)
        headers, refusal = self._limits.draw(found.operation.id, request)
        refusal = refusal or self._validate(found, request)
        decision = Decision(refusal) if refusal else self._serve(found.operation, request)
        return replace(decision, answer=decision.answer.plus(headers)) if headers else decision

    def _validate(self, found: Found, request: Received) -> Answer | None:
        operation, faults = found.operation, Faults()
        inputs = self._inputs.get(operation.id)
        if inputs is None:
            parameters = Parameters(operation, self._schemas, self._keys_in_query)
            inputs = self._inputs[operation.id] = parameters, Bodies(operation, self._schemas)
        inputs[0].check(request, found.path, faults)
        if refusal := inputs[1].check(request, faults):
            return refusal
        if not faults:
            return None
        every = [*faults.malformed, *faults.invalid]
        return refused(400 if faults.malformed else self.behaviour.invalid_status, every)

    def _serve(self, operation: Operation, request: Received) -> Decision:
        at_s = self.clock.monotonic() - self._started_at
        rule = self._misbehaviour.choose(operation, request, at_s) or _GOOD_DAY
        if rule.drop == "before":
            return Decision(Answer(0), rule.delay_s, dropped=True)
        if rule.status is not None or rule.page is not None:
            return Decision(_bad_answer(rule), rule.delay_s, drip_s=rule.drip_s)
        work_s, refusal = self._load.take(at_s)
        if refusal:
            return Decision(refusal)
        return replace(
            self._process(operation, request),
            delay_s=rule.delay_s + work_s,
            dropped=rule.drop == "after",
            drip_s=rule.drip_s,
        )

    def _process(self, operation: Operation, request: Received) -> Decision:
        """Carry the request out, unless its idempotency key says that this was done before."""
        key = request.headers.get(self._key_header, "") if self._key_header else ""
        if not key:
            return Decision(self._success(operation).answer(request, str(self.counts.requests + 1)), processed=True)
        digest, content = Memory.digest(key), request.digest()
        # An answer is a function of the request and its key, so remembering the content's digest remembers the answer.
        answer = self._success(operation).answer(request, digest.hex())
        known = self._delivered.get(digest)
        if known is None:
            self._delivered.put(digest, content)
            return Decision(answer, processed=True)
        if known != content:
            return Decision(problem(422, f"{self.behaviour.idempotency_header}: this key came with another request"))
        return Decision(answer.plus({"Idempotent-Replayed": "true"}), replayed=True)

    def _success(self, operation: Operation) -> Success:
        success = self._successes.get(operation.id)
        if success is None:
            success = self._successes[operation.id] = Success(operation, self.contract.document)
        return success

    def _note(self, request: Received, operation: Operation | None, decision: Decision) -> None:
        counts, status = self.counts, decision.answer.status
        counts.requests += 1
        counts.dropped += decision.dropped
        counts.replayed += decision.replayed
        if decision.processed or not (decision.dropped or decision.replayed):
            counts.statuses[status] += 1
            if operation is not None:
                counts.operations[operation.id][status] += 1
        if self.records is not None:
            seen = {
                "operation": operation.id if operation else None,
                "status": None if decision.dropped else status,
                "key": request.headers.get(self._key_header) if self._key_header else None,
                "processed": decision.processed,
                "replayed": decision.replayed,
            }
            self.records.add(request, seen, self.clock.now())


def _bad_answer(rule: Rule) -> Answer:
    status = rule.status or 200
    headers = {} if rule.retry_after_s is None else {"Retry-After": f"{-(-rule.retry_after_s // 1):.0f}"}
    if rule.page == "html":
        return Answer(status, _HTML.format(phrase(status)).encode(), {"Content-Type": "text/html", **headers})
    if rule.page == "garbage":
        return Answer(status, _GARBAGE, {"Content-Type": "application/json", **headers})
    if rule.refusal is not None:
        return rule.refusal.answer(status).plus(headers)
    return problem(status, "the sandbox was told to misbehave", headers=headers)


def _agree(contract: Contract, behaviour: Behaviour) -> None:
    for name in behaviour.credentials:
        if name not in contract.schemes:
            known = ", ".join(contract.schemes) or "none"
            raise UsageError(f"credentials.{name}: the contract has no such security scheme; it has {known}")
    for number, rule in enumerate(behaviour.faults):
        if rule.operation is not None and rule.operation not in contract.operations:
            raise UsageError(f"faults[{number}].operation = {rule.operation!r}: the contract has no such operation")
