"""``preflight queue migrate``: what it does, and for which stores there is nothing to do."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Shell


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///queue.db", "a SQLite file is brought up to this version whenever it is opened"),
        ("valkey://127.0.0.1:1", "there is no schema in Valkey and Redis"),
        ("memory://", "what is in memory has no schema"),
    ],
)
def test_other_stores_need_nothing(shell: "Shell", url: str, said: str) -> None:
    """And are not asked."""
    shell.configure("http://127.0.0.1:9")
    shell.environ["PREFLIGHT_QUEUE_URL"] = url

    told = shell("queue", "migrate")

    assert (told.code, told.out) == (0, "")
    assert told.err == f"nothing to do: {said}\n"


def test_a_schema_is_made_and_brought_up(shell: "Shell", postgres_schema: str) -> None:
    """Once; then there is nothing to do. No password is shown."""
    shell.configure("http://127.0.0.1:9")
    shell.environ["PREFLIGHT_QUEUE_URL"] = postgres_schema

    first, second = shell("queue", "migrate", "--json"), shell("queue", "migrate")

    assert first.json["store"] == "postgres"
    assert (first.json["before"], first.json["after"]) == (0, first.json["after"])
    assert second.err.startswith("nothing to do: postgresql://")
    assert second.err.endswith(f"has schema version {first.json['after']}\n")


def test_a_server_that_is_not_there_is_told(shell: "Shell") -> None:
    """As everywhere: exit code 3."""
    shell.configure("http://127.0.0.1:9")
    shell.environ["PREFLIGHT_QUEUE_URL"] = "postgresql://ada:hunter2@127.0.0.1:1/jobs"

    told = shell("queue", "migrate")

    assert told.code == 3
    assert "hunter2" not in told.err
