"""``preflight failures show``: all that is known of one failure, or its request for another program to send."""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

import click
import orjson

from worker.cli.check import describe
from worker.cli.output import print_json, printable
from worker.cli.setup import read_settings, with_ledger
from worker.clock import SystemClock, to_rfc3339
from worker.errors import UsageError
from worker.failure import Failure, Selection, failure_json

if TYPE_CHECKING:
    from worker.engine.handwritten.draft import Draft
    from worker.ports import Ledger
    from worker.settings import Settings

_PROGRAMS: Final = ("curl", "httpie", "postman")


@click.command(
    epilog="""\b
Examples:
  preflight failures show order-17
  preflight failures show order-17 --json | jq .attempts
  preflight failures show order-17 --as curl
  preflight failures show order-17 --as postman > order-17.postman_collection.json
"""
)
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="The failure record on one line.")
@click.option("--as", "program", type=click.Choice(_PROGRAMS), help="The request as it would be sent now.")
@click.pass_context
def command(ctx: click.Context, /, id_: str, *, as_json: bool, program: str | None) -> None:
    """Print all that is known of one failure: the problem, every attempt and its answer, the job.

    With --as, print the request of its job instead: a command for bash, or a Postman collection. Secrets of the config
    are variables in it, and those that the job itself holds are left out.
    """
    if as_json and program is not None:
        raise UsageError(f"--as {program} and --json are two forms of output: leave one out")
    settings = read_settings(ctx)
    failure, payload = with_ledger(settings, lambda ledger: _found(ledger, id_))
    if program is not None:
        _print_request(_draft(failure, payload, settings), program, failure.id)
        return
    if as_json:
        print_json(failure_json(failure))
        return
    for line in _described(failure):
        click.echo(printable(line))


async def _found(ledger: "Ledger", id_: str) -> tuple[Failure, str | None]:
    """A failure, and its job's content as JSON text; None for a row that never became a job."""
    found, _ = await ledger.failures(Selection(ids=frozenset({id_})), limit=1)
    if not found:
        raise UsageError(f"no failure has the id {id_!r}; `preflight failures list` shows those that there are")
    return found[0], (await ledger.payloads([id_])).get(id_) if found[0].state else None


def _described(failure: Failure) -> Iterable[str]:
    problem = failure.problem
    yield from describe(failure)
    if problem.detail and not problem.faults:
        yield f"    {problem.detail}"
    state = failure.state.value if failure.state else "never became a job"
    yield f"{failure.lane}: {state} since {to_rfc3339(failure.failed_at)}, found by {problem.stage}"
    for attempt in failure.attempts:
        answer = attempt.status if attempt.status is not None else attempt.error
        yield f"attempt {attempt.number} at {to_rfc3339(attempt.at)}: {answer} after {attempt.elapsed_ms:.1f} ms"
        if attempt.reply:
            yield f"    {attempt.reply}"
    if failure.job is not None:
        yield from orjson.dumps(failure.job, option=orjson.OPT_INDENT_2).decode().splitlines()


def _draft(failure: Failure, payload: str | None, settings: "Settings") -> "Draft":
    from worker import service
    from worker.contract.explain import suggest
    from worker.engine.handwritten.draft import draft

    if payload is None:
        where = f"{failure.source.file}:{failure.source.line}" if failure.source else "its file"
        raise UsageError(f"{failure.id} never became a job, so it has no request: correct {where} and submit it again")
    name = failure.lane.api
    if name not in settings.apis:
        raise UsageError(f"the config has no API {name!r} any more; {suggest(name, list(settings.apis))}")
    api, contract = settings.apis[name], service.contracts(settings, os.environ)[name]
    return draft(orjson.loads(payload), contract, api, service.base_url(api, contract), os.environ, SystemClock())


def _print_request(draft: "Draft", program: str, id_: str) -> None:
    from worker.engine.handwritten.curl import curl
    from worker.engine.handwritten.httpie import httpie
    from worker.engine.handwritten.postman import postman
    from worker.engine.handwritten.text import variable

    write: Mapping[str, Callable[[], str]] = {
        "curl": lambda: curl(draft),
        "httpie": lambda: httpie(draft),
        "postman": lambda: postman(draft, id_),
    }
    text = write[program]()
    unset = [hole.name for hole in draft.holes if hole.path is None and hole.name not in os.environ]
    if program == "postman":
        unset = [variable(hole.name) for hole in draft.holes]
        for remark in draft.remarks:
            click.echo(printable(remark), err=True)
    if unset:
        click.echo(f"set before you send it: {', '.join(unset)}", err=True)
    click.echo(text)
