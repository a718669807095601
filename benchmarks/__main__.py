"""The one door to the benchmarks."""

import click

from benchmarks import check, corpus, limits, memory, pipeline, start, stores, submit


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def benchmarks() -> None:
    """Measure Preflight against the simplest thing that could do the same work, in turn, in one run."""


for module in (pipeline, check, submit, memory, corpus, start, limits, stores):
    benchmarks.add_command(module.command)

if __name__ == "__main__":
    benchmarks(prog_name="python -m benchmarks")
