"""The command line: one file per command, imported when it is asked for, so that ``--help`` is quick."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Final

import click

from worker import __version__
from worker.errors import INTERRUPTED, PreflightError

_COMMANDS: Final = (
    "demo",
    "check",
    "plan",
    "submit",
    "run",
    "status",
    "lanes",
    "queue",
    "failures",
    "results",
    "contract",
    "sandbox",
    "config",
    "doctor",
)


class _Commands(click.Group):
    """Finds commands by the name of their module, in the order in which a person meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"worker.cli.{cmd_name}").command
        return command


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  preflight demo                                   the whole story in under a minute
  preflight check orders.jsonl                     what would be refused, and why
  preflight submit orders.jsonl && preflight run --until-empty
""",
)
@click.option("--config", type=click.Path(path_type=Path), help="The config file; default preflight.toml.")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    help="What is logged; default warning (error while a terminal shows progress).",
)
@click.version_option(__version__, prog_name="preflight")
@click.pass_context
def preflight(ctx: click.Context, config: Path | None, log_level: str | None) -> None:
    """No API request leaves unless the API will accept it.

    Exit codes: 0 done and nothing failed, 1 done but some jobs failed or are bad, 2 usage or configuration,
    3 a dependency is unreachable, 130 interrupted.
    """
    ctx.obj = {"config": config, "log_level": log_level}


def main() -> None:
    """Run the command line; what is known to go wrong is one line on standard error and an exit code."""
    try:
        sys.exit(preflight.main(standalone_mode=False))  # what ctx.exit() was given; None, which is 0, without it
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone; Python would complain about it at exit
        sys.exit(1)
    except PreflightError as error:
        click.echo(f"{click.style('error:', fg='red', bold=True)} {error}", err=True)
        sys.exit(error.exit_code)
