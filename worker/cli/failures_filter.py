"""The options that choose failures, the same for every command that works on several."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from worker.cli.output import printable
from worker.clock import SystemClock, from_rfc3339
from worker.errors import UsageError
from worker.failure import Selection
from worker.outcome import Cause

if TYPE_CHECKING:
    from worker.engine.choosing import Chosen
    from worker.ports import Ledger

#: What ``--group`` without an id is: kinds of failures are asked for, instead of those of one kind.
KINDS: Final = ""

_OF_KIND: Final = {"metavar": "ID", "help": "Only of this kind, as `failures list --group` names it."}
_BY_KIND: Final = {
    "metavar": "[ID]",
    "is_flag": False,
    "flag_value": KINDS,
    "help": "Count failures by kind; with the ID of a kind, show those of this kind.",
}


def filters(*, kinds: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The options that choose failures; with ``kinds``, ``--group`` may stand alone."""
    options = (
        click.option(
            "--cause",
            type=click.Choice([cause.value for cause in Cause]),
            multiple=True,
            help="Only of this cause; may be repeated.",
        ),
        click.option("--api", help="Only of this API."),
        click.option("--operation", help="Only of this operation."),
        click.option("--status", type=int, help="Only those that the API answered with this status."),
        click.option("--since", metavar="WHEN", help='Only since 2026-12-31T08:00:00Z, or in the last "2h".'),
        click.option("--until", metavar="WHEN", help="Only until then."),
        click.option("--group", **(_BY_KIND if kinds else _OF_KIND)),
        click.option("--meta", multiple=True, metavar="PATH=VALUE", help="Only with this in meta; may be repeated."),
        click.option("--id", "ids", multiple=True, metavar="ID", help="Only this one; may be repeated."),
    )

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def chosen(given: Mapping[str, Any]) -> "Chosen":
    """What the options choose.

    Raises:
        UsageError: a time or a value of ``meta`` cannot be read.
    """
    from worker.engine.choosing import Chosen, wanted

    now = SystemClock().now()
    since = _moment("--since", given["since"], now) if given["since"] else None
    until = min(now, _moment("--until", given["until"], now)) if given["until"] else now
    if since is not None and given["until"] and since > until:
        raise UsageError(
            f"--since {given['since']} is later than --until {given['until']}: there is nothing between them"
        )
    causes, ids = frozenset(map(Cause, given["cause"])), frozenset(given["ids"])
    selection = Selection(causes, given["api"], given["operation"], given["status"], since, ids)
    return Chosen(selection, until, given["group"], tuple(map(wanted, given["meta"])))


async def tell_unknown(ledger: "Ledger", ids: Sequence[str]) -> int:
    """Say which of the ids that a person gave no failure has; how many."""
    from worker.engine.choosing import by_id

    known = await by_id(ledger, ids)
    missing = [id_ for id_ in dict.fromkeys(ids) if id_ not in known]
    for id_ in missing:
        click.echo(printable(f"no failure has the id {id_!r}"), err=True)
    return len(missing)


def _moment(option: str, text: str, now: float) -> float:
    from worker.settings.durations import parse_duration

    for read in (from_rfc3339, lambda text: now - parse_duration(text)):
        try:
            return read(text)
        except ValueError:
            continue
    raise UsageError(
        f"{option} {text}: write a date and time with its offset (2026-12-31T08:00:00Z), or a time like 2h"
    )
