"""The demo: what `make demo` tells has to be true."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_JOBS = 1000


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the demo kept."""
    return tmp_path_factory.mktemp("demo") / "kept"


@pytest.fixture(scope="module")
def told(kept: Path) -> dict[str, Any]:
    """What the demo printed as JSON."""
    return _preflight("demo", "--jobs", str(_JOBS), "--keep", str(kept), "--json")


def _preflight(*arguments: str, folder: Path | None = None) -> dict[str, Any]:
    command = [sys.executable, "-m", "worker", *arguments]
    done = subprocess.run(command, capture_output=True, cwd=folder, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()
    counts: dict[str, Any] = json.loads(done.stdout)
    return counts


def test_every_order_is_delivered_refused_dead_or_parked(told: dict[str, Any]) -> None:
    """The counts add up to what was submitted."""
    assert told["submitted"] == _JOBS
    assert told["submitted"] == told["delivered"] + sum(told["refused"].values()) + told["dead"] + told["parked"]


def test_each_cause_of_a_bad_request_is_caught_before_sending(told: dict[str, Any]) -> None:
    """About 8% of the orders are broken, in every way; none of them reaches the API."""
    assert told["refused"] == {"malformed": 16, "missing": 20, "invalid": 26, "unauthorised": 12}
    assert not told["sandbox"].keys() & {"400", "401", "415", "422", "429"}


def test_what_failed_for_a_while_recovers(told: dict[str, Any]) -> None:
    """The API fails on purpose; every retry gets through in the end."""
    assert told["retried"] > 0
    assert told["recovered"] > 0
    assert told["parked"] == 0


def test_mended_orders_are_delivered_and_counted_by_the_api(told: dict[str, Any]) -> None:
    """What `failures replay --set` mended arrives, and the API counted every delivery once."""
    assert told["replayed"] == 40
    assert told["sandbox"]["201"] == told["delivered"] + told["replayed"]


def test_a_kept_demo_can_be_looked_at(told: dict[str, Any], kept: Path) -> None:
    """The folder holds a config and a queue that the other commands read."""
    status = _preflight("status", "--json", folder=kept)

    assert status["queue"]["delivered"] == told["delivered"] + told["replayed"]
    assert status["queue"]["ready"] == status["queue"]["leased"] == status["queue"]["delayed"] == 0
