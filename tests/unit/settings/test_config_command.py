import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from worker import resources
from worker.cli.config import command
from worker.errors import ConfigError, UsageError


@pytest.fixture
def file(tmp_path: Path, api: str) -> Path:
    """A config in order, but for a secret that stands in it."""
    path = tmp_path / "shop.toml"
    path.write_text(f'{api}[apis.shop.auth]\ntype = "bearer"\ntoken = "hunter2"\n')
    return path


def test_check_says_what_was_read(file: Path) -> None:
    """For a person: on stderr, warnings included, the secret not."""
    result = CliRunner().invoke(command, ["check"], obj={"config": str(file)})
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "is in order" in result.stderr
    assert "shop: https://h, auth bearer" in result.stderr
    assert "warning: " in result.stderr
    assert "hunter2" not in result.output


def test_check_says_that_a_contract_says_where_its_api_lives(tmp_path: Path) -> None:
    """Where the config does not."""
    server = 'servers: [{url: "https://h"}]'
    (tmp_path / "c.yaml").write_text(f'openapi: "3.1.0"\ninfo: {{title: t, version: "1"}}\n{server}\npaths: {{}}\n')
    path = tmp_path / "shop.toml"
    path.write_text('[apis.shop]\ncontract = "c.yaml"\n')
    result = CliRunner().invoke(command, ["check"], obj={"config": str(path)})
    assert "shop: at its contract's own server, auth none, 0 limits" in result.stderr


def test_check_prints_one_object_for_a_program(file: Path) -> None:
    """On stdout, a line."""
    result = CliRunner().invoke(command, ["check", "--json"], obj={"config": file})
    found = json.loads(result.stdout)
    assert found["path"] == str(file)
    assert found["apis"] == [{"name": "shop", "base_url": "https://h", "contract": None, "auth": "bearer", "limits": 0}]
    assert len(found["warnings"]) == 1
    assert result.stdout.count("\n") == 1


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_check_does_not_say_the_password_of_the_queue(
    file: Path, monkeypatch: pytest.MonkeyPatch, flags: list[str]
) -> None:
    """Where jobs wait is told without it."""
    monkeypatch.setenv("PREFLIGHT_QUEUE_URL", "postgresql://ada:hunter3@db.example/queue")
    result = CliRunner().invoke(command, ["check", *flags], obj={"config": file})
    assert "postgresql://ada:...@db.example/queue" in result.output
    assert "hunter3" not in result.output


def test_check_leaves_mistakes_to_the_one_who_prints_errors(tmp_path: Path) -> None:
    """The error carries exit code 2."""
    result = CliRunner().invoke(command, ["check"], obj={"config": tmp_path / "gone.toml"})
    assert isinstance(result.exception, ConfigError)
    assert result.exception.exit_code == 2


def test_check_finds_the_config_by_itself(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --config, as every other command does."""
    monkeypatch.setenv("PREFLIGHT_CONFIG", str(file))
    assert CliRunner().invoke(command, ["check"], obj={"config": None}).exit_code == 0


def test_reference_prints_the_file_that_ships() -> None:
    """Byte for byte, so that it can be redirected into a config."""
    result = CliRunner().invoke(command, ["reference"])
    assert result.stdout == resources.path("config/reference.toml").read_text("utf-8")


@pytest.mark.parametrize(("url", "client"), [("postgresql://db.example/queue", "asyncpg"), ("redis://h", "redis")])
def test_check_says_what_is_not_installed(file: Path, monkeypatch: pytest.MonkeyPatch, url: str, client: str) -> None:
    """A worker could not begin; that is told before anything is asked of a server."""
    monkeypatch.setenv("PREFLIGHT_QUEUE_URL", url)
    monkeypatch.setitem(sys.modules, client, None)
    result = CliRunner().invoke(command, ["check"], obj={"config": file})
    assert isinstance(result.exception, ConfigError)
    assert "pip install 'preflight-worker[" in str(result.exception)


def test_check_says_that_processes_cannot_share_a_queue_in_memory(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `run` would."""
    monkeypatch.setenv("PREFLIGHT_QUEUE_URL", "memory://")
    monkeypatch.setenv("PREFLIGHT_WORKER_PROCESSES", "2")
    result = CliRunner().invoke(command, ["check"], obj={"config": file})
    assert isinstance(result.exception, UsageError)
    assert "the queue memory:// is seen by one process only" in str(result.exception)
