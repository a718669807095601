"""Progress bars, on a terminal; nothing anywhere else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from worker.cli.output import console, is_terminal

if TYPE_CHECKING:
    from worker.engine.moving import Progress

#: Called with the bytes read so far and the rows so far.
Advance = Callable[[int, int], None]


@contextmanager
def reading(title: str, total_bytes: int | None) -> Iterator[Advance]:
    """Show how far a file was read; the bar is gone when the block ends.

    Args:
        title: what is being done.
        total_bytes: None where it is not known, as of standard input.
    """
    if not is_terminal():
        yield lambda _bytes, _rows: None
        return
    from rich import progress

    columns = (
        progress.TextColumn("{task.description}", style="bold", markup=False),  # it holds a name of somebody's
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.TextColumn("{task.fields[rows]:,} rows"),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=console(), transient=True) as bar:
        task = bar.add_task(title, total=total_bytes, rows=0)
        yield lambda bytes_read, rows: bar.update(task, completed=bytes_read, rows=rows)


@contextmanager
def copying(title: str) -> Iterator[Callable[["Progress"], None]]:
    """Show how far a queue was copied; the bar is gone when the block ends."""
    if not is_terminal():
        yield lambda _progress: None
        return
    from rich import progress

    columns = (
        progress.TextColumn("{task.description}", style="bold", markup=False),  # it holds a name of somebody's
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.TextColumn("{task.fields[told]}"),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=console(), transient=True) as bar:
        task = bar.add_task(title, total=None, told="")  # how much there is, is not known before the first page
        yield lambda done: bar.update(task, total=done.total, completed=done.records, told=_told(done))


def _told(done: "Progress") -> str:
    return f"{done.records:,} of {done.total:,}, {done.already_there:,} there already"
