"""An operator's hand: look at lanes, pause them, let them go on, and say what is left."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from worker.cli.lanes import command
from worker.cli.status import command as status
from worker.clock import SystemClock
from worker.errors import UsageError
from worker.job import Entry, Lane, Scope, Standstill, Stop
from worker.outcome import Delivered, Settlement
from worker.ports import Want
from worker.queues.sqlite.store import SqliteStore
from worker.service import run_async

LANE = Lane("shop", "createOrder", "tenant-7")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config, and a queue with one job in a lane of a key."""
    path = tmp_path / "preflight.toml"
    path.write_text(
        '[queue]\nurl = "sqlite:///q.db"\n[apis.shop]\nbase_url = "http://127.0.0.1:1"\n'
        '[[apis.shop.limits]]\nrate = 100\nper = "1s"\n'
        '[apis.shop.operations.createOrder]\nmethod = "POST"\npath = "/orders"\n'
        '[apis.bank]\nbase_url = "http://127.0.0.1:1"\n'
        '[apis.bank.operations.pay]\nmethod = "POST"\npath = "/pay"\n'
    )

    async def fill(store: SqliteStore) -> None:
        payload = '{"id": "1", "api": "shop", "operation": "createOrder", "key": "tenant-7"}'
        await store.queue.enqueue([Entry("1", LANE, payload)])

    with_store(path, fill)
    return path


def with_store(config: Path, act: Any) -> Any:
    """What ``act`` makes of the config's store."""

    async def main() -> Any:
        store = await SqliteStore.open(config.with_name("q.db"), SystemClock())
        try:
            return await act(store)
        finally:
            await store.close()

    return run_async(main)


def lanes(config: Path, *arguments: str) -> Result:
    """``preflight lanes`` with this config."""
    return CliRunner().invoke(command, arguments, obj={"config": config, "log_level": None})


def listed(config: Path) -> list[dict[str, Any]]:
    """What ``lanes list --json`` prints."""
    return [json.loads(line) for line in lanes(config, "list", "--json").stdout.splitlines()]


def put(config: Path, *stops: Stop) -> None:
    """Note stops, as a worker does."""
    with_store(config, lambda store: store.stops.put(stops))


def test_a_lane_that_nothing_keeps_is_running(config: Path) -> None:
    """With what waits in it."""
    assert listed(config) == [
        {
            **LANE._asdict(),
            "state": "running",
            "reason": None,
            "since": None,
            "until": None,
            "ready": 1,
            "delayed": 0,
            "in_flight": 0,
        }
    ]


@pytest.mark.parametrize("scope", ["shop", "shop/createOrder", "shop/createOrder/tenant-7", "shop/*/tenant-7"])
def test_a_person_pauses_and_resumes(config: Path, scope: str) -> None:
    """Any part of the lanes; the status tells who and why in one line."""
    assert lanes(config, "pause", scope, "--reason", "their maintenance").exit_code == 0
    (lane,) = listed(config)
    assert lane["state"] == "paused"
    assert lane["reason"].endswith(": their maintenance")
    shown = CliRunner().invoke(status, [], obj={"config": config, "log_level": None}).stdout
    line = next(line for line in shown.splitlines() if "createOrder" in line)
    assert "paused" in line
    assert "their maintenance; since " in line
    assert lanes(config, "resume", scope).exit_code == 0
    assert listed(config)[0]["state"] == "running"


def test_resuming_what_does_not_stand_still_is_told(config: Path) -> None:
    """Exit code 1: the name may be wrong."""
    done = lanes(config, "resume", "shop")
    assert (done.exit_code, "nothing in shop stood still" in done.stderr) == (1, True)


def test_resuming_an_api_resumes_all_of_it(config: Path) -> None:
    """Whatever it stood still for, and nothing of another API."""
    drifting = Stop(Scope("shop", "createOrder"), Standstill.DRIFTING, "it drifts", 1.0)
    put(config, drifting, Stop(Scope("bank"), Standstill.UNAUTHORISED, "401 Unauthorized", 2.0, 9e9))
    assert lanes(config, "resume", "shop").exit_code == 0
    (left,) = with_store(config, lambda store: store.stops.all())
    assert left.scope == Scope("bank")


def test_what_the_config_has_no_longer_is_resumed_too(config: Path) -> None:
    """By the name that the list shows; what is neither there nor in the config is a mistake."""
    gone = [Stop(scope, Standstill.PAUSED, "paused", 1.0) for scope in (Scope("gone", "o", ""), Scope("gone", "p"))]
    put(config, *gone)
    for left in (1, 0):
        (scope, *_) = [str(stop.scope) for stop in with_store(config, lambda store: store.stops.all())]
        assert lanes(config, "resume", scope).exit_code == 0
        assert len(with_store(config, lambda store: store.stops.all())) == left
    assert isinstance(lanes(config, "resume", "gone").exception, UsageError)


def test_what_needs_a_person_is_shown_before_what_passes(config: Path) -> None:
    """A lane may stand still for several reasons; and one that has nothing to do is listed too."""
    put(
        config,
        Stop(Scope("shop"), Standstill.CLOSED, "429 Too Many Requests", 1.0, 9e9),
        Stop(Scope("shop", "createOrder"), Standstill.UNAUTHORISED, "401 Unauthorized", 2.0, 9e9),
        Stop(Scope("bank"), Standstill.BREAKER_OPEN, "12 of 20 requests failed", 3.0, 9e9),
    )
    shop, bank = listed(config)
    assert (shop["state"], shop["reason"]) == ("unauthorised", "401 Unauthorized")
    assert (bank["api"], bank["operation"], bank["state"], bank["ready"]) == ("bank", None, "breaker_open", 0)


def test_a_closure_whose_time_has_passed_is_no_state(config: Path) -> None:
    """The next job asks."""
    put(config, Stop(Scope("shop"), Standstill.CLOSED, "429 Too Many Requests", 1.0, 2.0))
    assert [lane["state"] for lane in listed(config)] == ["running"]


def test_a_person_says_what_is_left(config: Path) -> None:
    """The quota keeps to it: three requests, and then none for an hour."""
    from worker.limits.budget import from_settings  # noqa: PLC0415 - only here
    from worker.ports import Ask  # noqa: PLC0415 - only here
    from worker.settings import LimitSettings  # noqa: PLC0415 - only here

    assert lanes(config, "set", "shop", "--left", "0", "--for", "1h").exit_code == 0
    budgets = {"shop": [from_settings(LimitSettings(rate=100, per_s=1))], "bank": []}
    (grant,) = with_store(config, lambda store: store.quota(budgets).grant([Ask(LANE, 10)]))
    assert grant.slots == ()
    assert 3000 < grant.wait_s <= 3600


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["pause", "shopp"], "the config has no API 'shopp'"),
        (["pause", "shop/*"], "write API, API/OPERATION"),
        (["set", "bank", "--left", "5", "--for", "1h"], "bank has no limits in the config"),
        (["set", "shop", "--left", "5", "--for", "soon"], "--for soon"),
    ],
)
def test_a_mistake_is_told(config: Path, arguments: list[str], said: str) -> None:
    """With what to write instead."""
    error = lanes(config, *arguments).exception
    assert isinstance(error, UsageError)
    assert said in str(error)


def test_a_queue_that_stands_still_as_a_whole_goes_on_as_a_whole(config: Path) -> None:
    """Every lane says so; it is named as it is resumed."""
    put(config, Stop(Scope("*"), Standstill.PAUSED, "its jobs went to postgresql://elsewhere", 0.0))
    (lane,) = listed(config)
    assert (lane["api"], lane["state"], lane["reason"]) == (
        "shop",
        "paused",
        "its jobs went to postgresql://elsewhere",
    )
    with_store(config, empty)
    assert lanes(config, "list").stdout.splitlines()[1].startswith("*     paused")

    assert lanes(config, "resume", "*").exit_code == 0

    assert listed(config) == []


async def empty(store: SqliteStore) -> None:
    """Leave nothing to do in any lane."""
    (lease,) = await store.queue.lease([Want(LANE, 1)], 60)
    await store.queue.settle([Settlement(lease, Delivered())])
