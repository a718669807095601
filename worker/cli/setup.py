"""What every command does first: read the settings, set up the log, open the ledger."""

import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from worker.settings import Settings

if TYPE_CHECKING:
    from worker.ports import Clock, Ledger
    from worker.service import Store

T = TypeVar("T")


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


def set_up_log(ctx: click.Context, *, quiet: bool = False, human: bool = False) -> None:
    """Log to standard error: text for a terminal, and where ``human`` asks for it; a JSON object a line otherwise."""
    from worker import log

    level = ctx.obj["log_level"] or ("error" if quiet else "warning")
    log.configure(level, human=human or sys.stderr.isatty())


@asynccontextmanager
async def looked_at(settings: Settings, clock: "Clock") -> "AsyncIterator[Store]":
    """The store, for a command that looks: where there is none yet, an empty one, and none is made."""
    from worker import service

    queue = settings.queue
    if not await service.is_made(queue):
        click.echo(f"there is no queue at {queue.shown} yet: the first submit makes one", err=True)
        settings = replace(settings, queue=replace(queue, url="memory://"))
    async with service.open_store(settings, clock) as store:
        yield store


def with_ledger(settings: Settings, use: "Callable[[Ledger], Awaitable[T]]") -> T:
    """What ``use`` makes of the ledger, which is open for as long as it takes."""
    from worker import service

    async def main() -> T:
        async with looked_at(settings, service.system_clock()) as store:
            return await use(store.ledger)

    return service.run_async(main)
