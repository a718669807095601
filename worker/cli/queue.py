"""``preflight queue``: the queue as a whole: move it to another store, bring its store up to this version."""

import click

from worker.cli import queue_copy, queue_migrate


@click.group()
def command() -> None:
    """Move the queue to another store, and bring its store up to this version."""


command.add_command(queue_copy.command, "copy")
command.add_command(queue_migrate.command, "migrate")
