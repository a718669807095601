"""A progress bar over files, on a terminal; nothing anywhere else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from worker.cli.output import console, is_terminal

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
        progress.TextColumn("[bold]{task.description}"),
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.TextColumn("{task.fields[rows]:,} rows"),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=console(), transient=True) as bar:
        task = bar.add_task(title, total=total_bytes, rows=0)
        yield lambda bytes_read, rows: bar.update(task, completed=bytes_read, rows=rows)
