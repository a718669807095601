"""Papers that cannot lie: what README and CHANGELOG say exists, and their examples work."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from worker.cli import preflight
from worker.settings.load import load

_ROOT = Path(__file__).parents[2]
_README = (_ROOT / "README.md").read_text("utf-8")
_PAPERS = [_ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")]


def _block(language: str, containing: str) -> str:
    """The fenced example of a language that contains a text."""
    blocks: list[str] = re.findall(rf"```{language}\n(.*?)```", _README, re.DOTALL)
    return next(block for block in blocks if containing in block)


def _commands() -> list[list[str]]:
    """Every `preflight ...` that the README shows, as words."""
    lines = re.findall(r"(?:^\$ |\| )(preflight [^#\n]*)", _README, re.MULTILINE)
    parts = [part.strip().rstrip("&") for line in lines for part in line.split("|") if "preflight" in part]
    return [shlex.split(part) for part in parts]


def test_the_readme_shows_commands() -> None:
    """The test below has something to hold."""
    assert len(_commands()) >= 8


@pytest.mark.parametrize("words", _commands(), ids=" ".join)
def test_every_command_of_the_readme_is_understood(words: list[str]) -> None:
    """The command and each of its flags exist."""
    command: click.Command = preflight
    rest = words[1:]
    context = click.Context(preflight)
    while isinstance(command, click.Group):
        found = command.get_command(context, rest[0])
        assert found is not None, f"there is no command {rest[0]}"
        command, rest = found, rest[1:]
    known = {flag for parameter in command.params for flag in parameter.opts}

    assert {word for word in rest if word.startswith("--")} <= known


def test_the_config_of_the_readme_loads(tmp_path: Path) -> None:
    """A reader who copies it gets no error."""
    config = tmp_path / "preflight.toml"
    config.write_text(_block("toml", "[apis.shop]"), "utf-8")
    (tmp_path / "shop.openapi.yaml").write_text("openapi: 3.1.0", "utf-8")

    settings = load(config, environ={"SHOP_TOKEN": "t"})

    assert settings.apis["shop"].idempotency_header == "Idempotency-Key"
    assert not settings.warnings


def test_the_job_of_the_readme_passes_check(tmp_path: Path) -> None:
    """The example line is a job that the example config admits."""
    (tmp_path / "preflight.toml").write_text(_block("toml", "[apis.shop]"), "utf-8")
    (tmp_path / "shop.openapi.yaml").write_text(
        """
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /shops/{shop}/orders:
    post:
      operationId: createOrder
      parameters: [{name: shop, in: path, required: true, schema: {type: string}}]
      requestBody:
        content: {application/json: {schema: {type: object, required: [sku, qty]}}}
      responses: {"201": {description: created}}
""",
        "utf-8",
    )
    (tmp_path / "orders.jsonl").write_text(_block("json", "order-17"), "utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "worker", "check", "orders.jsonl"],
        cwd=tmp_path,
        env={"SHOP_TOKEN": "t", "PATH": ""},
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()


def test_links_between_papers_lead_somewhere() -> None:
    """Every relative link names a file that is there."""
    links = [
        (paper.name, link)
        for paper in _PAPERS
        for link in re.findall(r"\]\((?!http)([^)#]+)\)", paper.read_text("utf-8"))
    ]

    assert [link for link in links if not (_ROOT / link[1]).exists()] == []


def test_every_command_is_in_the_readme_or_the_changelog() -> None:
    """Nobody has to guess what there is."""
    told = _README + (_ROOT / "CHANGELOG.md").read_text("utf-8")

    assert [name for name in preflight.list_commands(click.Context(preflight)) if f"preflight {name}" not in told] == []
