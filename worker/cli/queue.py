"""``preflight queue``: the queue as a whole: move it to another store."""

import click

from worker.cli import queue_copy


@click.group()
def command() -> None:
    """Move the queue to another store."""


command.add_command(queue_copy.command, "copy")
