"""``preflight config``: is the configuration in order, and what could be in it."""

import click


@click.group("config")
def command() -> None:
    """Check the configuration, or print every key that it can have."""


@command.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def check(ctx: click.Context, *, as_json: bool) -> None:
    """Read the configuration and say what was understood; every mistake is listed, and the exit code is then 2.

    Contracts are read and credentials made too, so that what is in order here is in order for a run.
    """
    import os
    from pathlib import Path

    import orjson

    from worker import service
    from worker.cli.supervising import processes
    from worker.settings import AUTH_TYPES, load

    named = (ctx.obj or {}).get("config")
    settings = load(Path(named) if named else None, environ=os.environ)
    processes(settings)
    service.run_async(lambda: service.tried(settings, os.environ))
    apis = [
        {
            "name": api.name,
            "base_url": api.base_url,
            "contract": str(api.contract) if api.contract else None,
            "auth": next(name for name, kind in AUTH_TYPES.items() if isinstance(api.auth, kind)),
            "limits": len(api.limits),
        }
        for api in settings.apis.values()
    ]
    if as_json:
        found = {"path": str(settings.path), "queue": settings.queue.shown, "apis": apis, "warnings": settings.warnings}
        click.echo(orjson.dumps(found))
        return
    click.echo(f"{settings.path} is in order; jobs wait in {settings.queue.shown}", err=True)
    for api in apis:
        accepts = api["contract"] or "operations declared in the config"
        lives = api["base_url"] or "at its contract's own server"
        click.echo(f"  {api['name']}: {lives}, auth {api['auth']}, {api['limits']} limits, {accepts}", err=True)
    for warning in settings.warnings:
        click.echo(f"warning: {warning}", err=True)


@command.command("reference")
def reference() -> None:
    """Print a config with every key: its unit, range, default and reason."""
    from worker import resources

    click.echo(resources.path("config/reference.toml").read_text("utf-8"), nl=False)
