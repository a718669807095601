"""How a sandbox behaves beyond its contract, and the file that says so.

``config/sandbox/demo.toml`` shows every key.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, cast, get_args

from worker.errors import UsageError
from worker.sandbox.capacity import Capacity
from worker.sandbox.credentials import Accepted
from worker.sandbox.expect import Band, Expect
from worker.sandbox.limits import Limit, RetryAfter
from worker.sandbox.misbehaviour import Rule
from worker.sandbox.refusal import Form, Refusal, is_pointer
from worker.sandbox.table import Table
from worker.sandbox.tokens import Client

_INVALID_STATUSES: Final = (400, 422)

Nullable = Literal["strict", "lenient"]
ReadOnly = Literal["ignore", "refuse"]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the sandbox does beyond judging requests by their contract.

    Attributes:
        seed: other seeds choose other requests for the rules with a ``ratio``.
        invalid_status: what a value that its schema does not allow is answered with, 422 or 400.
        nullable: ``lenient`` lets null in wherever a 3.0 contract says ``nullable``, not only beside ``type``.
        read_only: ``refuse`` refuses a request that sends a read-only property.
        idempotency_header: requests with the same value of this header are one; None: every request is its own.
        credentials: by the name of the contract's security scheme.
        limits: a request has to fit into each of them.
        faults: the first rule that a good request falls under decides.
        capacity: how much can be done at once; it may change with time.
        expect: what a worker should make of all that; of no consequence here.
    """

    seed: int = 0
    invalid_status: int = 422
    nullable: Nullable = "strict"
    read_only: ReadOnly = "ignore"
    idempotency_header: str | None = None
    credentials: Mapping[str, Accepted] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()
    faults: tuple[Rule, ...] = ()
    capacity: tuple[Capacity, ...] = ()
    expect: tuple[Expect, ...] = ()


def read(path: Path) -> Behaviour:
    """The behaviour in a TOML file.

    Raises:
        UsageError: it cannot be read or a key is wrong; names file, key, value and remedy.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}: name a file that can be read") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: is not TOML: {error}") from error
    return _behaviour(Table(str(path), "", values))


def _behaviour(table: Table) -> Behaviour:
    invalid_status = table.integer("invalid_status", 422)
    if invalid_status not in _INVALID_STATUSES:
        raise table.wrong("invalid_status", "write 422 or 400")
    behaviour = Behaviour(
        seed=table.integer("seed", 0) or 0,
        invalid_status=invalid_status,
        nullable=cast("Nullable", table.text("nullable", "strict", get_args(Nullable))),
        read_only=cast("ReadOnly", table.text("read_only", "ignore", get_args(ReadOnly))),
        idempotency_header=table.text("idempotency_header"),
        credentials={name: _accepted(each) for name, each in table.named("credentials").items()},
        limits=tuple(_limit(each) for each in table.tables("limits")),
        faults=tuple(_rule(each) for each in table.tables("faults")),
        capacity=tuple(_capacity(each) for each in table.tables("capacity")),
        expect=tuple(_expect(each) for each in table.tables("expect")),
    )
    table.end()
    return behaviour


def _accepted(table: Table) -> Accepted:
    accepted = Accepted(table.texts("accepted"), table.texts("forbidden"), _client(table))
    table.end()
    return accepted


def _client(table: Table) -> Client | None:
    login, life_s, tells = table.text("client"), table.duration("token_life"), not table.flag("token_life_untold")
    if login is None:
        if life_s is not None or not tells:
            raise table.wrong("client", "say who gets tokens, as name:secret")
        return None
    if ":" not in login:
        raise table.wrong("client", "write name:secret")
    return Client(login, life_s or 3600.0, tells)


def _limit(table: Table) -> Limit:
    rate, per_s = table.integer("rate", None, 1), table.duration("per")
    if rate is None:
        raise table.wrong("rate", "say how many requests")
    if not per_s:
        raise table.wrong("per", 'say in which time, such as "1s"')
    by = table.text("by", "api") or "api"
    if by not in ("api", "operation") and not by.removeprefix("header:") != by:
        raise table.wrong("by", "write api, operation or header:<name>")
    retry_after = cast("RetryAfter", table.text("retry_after", "seconds", get_args(RetryAfter)))
    table.end()
    return Limit(rate, per_s, by, retry_after)


def _capacity(table: Table) -> Capacity:
    latency_s = table.duration("latency")
    if latency_s is None:
        raise table.wrong("latency", "say how long one request takes while nothing waits")
    in_flight, queue = table.integer("in_flight", None, 1), table.integer("queue")
    if queue is not None and in_flight is None:
        raise table.wrong("queue", "nothing waits where any number is worked on at once: give in_flight")
    jitter, from_s = table.share("jitter") or 0.0, table.duration("from") or 0.0
    status = table.integer("status", 503, 400, 599) or 503
    table.end()
    return Capacity(latency_s, jitter, in_flight, queue, status, from_s)


def _expect(table: Table) -> Expect:
    from_s, until_s = _when(table)
    if until_s == math.inf:
        raise table.wrong("until", "say when it is looked at")
    bands = [table.band(key) for key in ("in_flight", "rate", "wasted")]
    table.end()
    return Expect(from_s, until_s, *(Band(*band) if band else None for band in bands))


def _when(table: Table) -> tuple[float, float]:
    """A part of the time, in seconds since the start."""
    from_s, until_s = table.duration("from") or 0.0, table.duration("until")
    if until_s is not None and until_s <= from_s:
        raise table.wrong("until", "it has to be later than from")
    return from_s, math.inf if until_s is None else until_s


def _rule(table: Table) -> Rule:
    from_s, until_s = _when(table)
    rule = Rule(
        operation=table.text("operation"),
        method=table.text("method"),
        path=table.text("path"),
        every=table.integer("every", None, 1),
        share=table.fraction("share"),
        ratio=table.share("ratio"),
        first=table.integer("first", None, 1),
        status=table.integer("status", None, 200, 599),
        retry_after_s=table.duration("retry_after"),
        delay_s=table.duration("delay") or 0.0,
        drop=cast("Literal['before', 'after'] | None", table.text("drop", None, ("before", "after"))),
        page=_page(table),
        drip_s=table.duration("slow_body") or 0.0,
        refusal=_refusal(table),
        from_s=from_s,
        until_s=until_s,
    )
    table.end()
    _make_sense(table, rule)
    return rule


def _refusal(table: Table) -> Refusal | None:
    form = cast("Form | None", table.text("refusal", None, get_args(Form)))
    at, detail = table.text("pointer"), table.text("detail")
    if form is None:
        if at or detail:
            raise table.wrong("pointer" if at else "detail", "say in which form it is told: give refusal")
        return None
    pointer = at or "#/body"
    if not is_pointer(pointer):
        raise table.wrong("pointer", 'write a place in the request such as "#/body/qty" or "#/query/limit"')
    return Refusal(form, pointer, detail or "is not allowed")


def _page(table: Table) -> Literal["html", "garbage"] | None:
    html, garbage = table.flag("html"), table.flag("garbage")
    if html and garbage:
        raise table.wrong("garbage", "write html or garbage, not both")
    return "html" if html else "garbage" if garbage else None


def _make_sense(table: Table, rule: Rule) -> None:
    """Refuse combinations that could not all happen, and rules that do nothing."""
    if rule.drop and (rule.status or rule.page or rule.drip_s or rule.refusal):
        raise table.wrong(
            "drop", "a dropped connection has no answer: leave out status, html, garbage, refusal and slow_body"
        )
    if rule.refusal and (rule.page or rule.status not in _INVALID_STATUSES):
        raise table.wrong("refusal", "give the status 400 or 422 with it, and neither html nor garbage")
    if rule.retry_after_s is not None and rule.status is None:
        raise table.wrong("retry_after", "give the status that it goes with, such as 503")
    if not (rule.drop or rule.status or rule.page or rule.drip_s or rule.delay_s):
        raise table.wrong("status", "the rule does nothing: give status, delay, drop, html, garbage or slow_body")
