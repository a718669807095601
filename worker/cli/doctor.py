"""``preflight doctor``: is everything in order, and if not, what to do."""

import os
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from worker.cli.output import print_json, print_table
from worker.cli.setup import set_up_log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from worker.finding import Finding

_COLUMNS: Final = ("", "check", "what was found", "what to do")


@click.command(
    epilog="""\b
Examples:
  preflight doctor
  preflight doctor --json | jq 'select(.severity == "problem")'
"""
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, and a summary.")
@click.pass_context
def command(ctx: click.Context, /, *, as_json: bool) -> None:
    """Look at config, contracts, credentials, this machine, the queue's store and its lanes; nothing is changed.

    A problem keeps jobs waiting, or may cost some, until it is put right: the exit code is then 1. A warning may come
    to that.
    """
    from worker import service
    from worker.contract.shown import counted
    from worker.service import doctor
    from worker.settings.load import load

    set_up_log(ctx, quiet=True)
    settings = load(ctx.obj["config"], environ=os.environ)
    findings = service.run_async(lambda: doctor.examine(settings, os.environ, service.system_clock()))
    counts: Counter[str] = Counter(finding.severity for finding in findings)
    if as_json:
        _print(findings, counts)
    else:
        rows = [(one.severity, one.check, one.detail, one.remedy or "") for one in findings]
        print_table(_COLUMNS, rows)
        click.echo(f"{counted(counts['problem'], 'problem')}, {counted(counts['warning'], 'warning')}", err=True)
    ctx.exit(1 if counts["problem"] else 0)


def _print(findings: "Sequence[Finding]", counts: Counter[str]) -> None:
    for finding in findings:
        print_json(asdict(finding))
    print_json({"summary": {severity: counts[severity] for severity in ("ok", "warning", "problem")}})
