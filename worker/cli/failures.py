"""``preflight failures``: see why jobs failed, mend them, and send them again."""

import click

from worker.cli import (
    failures_discard,
    failures_export,
    failures_import,
    failures_list,
    failures_replay,
    failures_resolve,
    failures_show,
)


@click.group()
def command() -> None:
    """Browse the jobs that failed, mend them and send them again."""


command.add_command(failures_list.command, "list")
command.add_command(failures_show.command, "show")
command.add_command(failures_export.command, "export")
command.add_command(failures_import.command, "import")
command.add_command(failures_replay.command, "replay")
command.add_command(failures_resolve.command, "resolve")
command.add_command(failures_discard.command, "discard")
