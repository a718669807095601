"""``preflight sandbox``: a strict practice API for any contract, which misbehaves on request."""

from pathlib import Path

import click


@click.command("sandbox")
@click.argument("contract", required=False, type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; keep it a loopback one.")
@click.option("--port", default=8700, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option(
    "--behaviour",
    type=click.Path(path_type=Path),
    help="TOML file of limits, credentials and bad days, or one of ours: demo, crowded",
)
@click.option("--prefix", default="", metavar="PATH", help="Path before those of the contract, such as /v2.")
@click.option("--remember", is_flag=True, help="Keep every request for GET /__sandbox__/requests.")
def command(
    contract: Path | None, host: str, port: int, behaviour: Path | None, prefix: str, *, remember: bool
) -> None:
    """Serve a strict practice API for CONTRACT (OpenAPI 3.0 or 3.1, JSON or YAML); without one, the demo shop.

    Prints one JSON line with its url once it listens, and runs until it is interrupted. What it answered is counted at
    GET /__sandbox__/counts; POST /__sandbox__/reset begins anew.
    """
    from worker.sandbox import Sandbox, process

    sandbox = Sandbox(process.contract_at(contract), process.behaviour_at(behaviour), prefix=prefix, remember=remember)
    process.run(sandbox, host, port)
