"""What every command does first: read the settings, set up the log."""

import os
import sys
from collections.abc import Mapping
from typing import Any

import click

from worker.settings import Settings


def read_settings(ctx: click.Context, flags: Mapping[str, Any] | None = None, *, quiet: bool = False) -> Settings:
    """The settings, after the log was set up; warnings go to standard error.

    Args:
        ctx: of the command.
        flags: what the command line sets, by dotted key; None values were not given.
        quiet: only errors are logged unless ``--log-level`` says otherwise: a live display needs the terminal.

    Raises:
        ConfigError: the config cannot be used.
    """
    from worker.settings.load import load

    set_up_log(ctx, quiet=quiet)
    settings = load(ctx.obj["config"], environ=os.environ, flags=flags or {})
    for warning in settings.warnings:
        click.echo(f"warning: {warning}", err=True)
    return settings


def set_up_log(ctx: click.Context, *, quiet: bool = False) -> None:
    """Log to standard error: text for a terminal, a JSON object a line otherwise."""
    from worker import log

    level = ctx.obj["log_level"] or ("error" if quiet else "warning")
    log.configure(level, human=sys.stderr.isatty())
