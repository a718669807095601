"""The sandbox has as much to do at once as its behaviour says, and no more."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from worker.errors import UsageError
from worker.sandbox import Behaviour, Contract, Sandbox, behaviour
from worker.sandbox.capacity import Capacity, Load
from worker.sandbox.expect import Band, Expect
from worker.sandbox.misbehaviour import Rule
from worker.sandbox.process import behaviour_at
from worker.sandbox.sandbox import Decision

Ask = Callable[..., Decision]

ORDERS = "/shops/ulm/orders"


def taken(load: Load, *times: float) -> list[float | None]:
    """How long requests take that come at these times; None for those that are not taken."""
    found = [load.take(at_s) for at_s in times]
    return [None if refusal else round(took_s, 6) for took_s, refusal in found]


def test_requests_beyond_those_in_work_wait_their_turn() -> None:
    """Two at a time, a second each."""
    load = Load([Capacity(1.0, in_flight=2)])
    assert taken(load, 0, 0, 0, 0, 0.5, 1.5) == [1, 1, 2, 2, 2.5, 1.5]
    assert taken(load, 10) == [1]


def test_any_number_is_worked_on_at_once_where_nothing_is_said() -> None:
    """Each takes its time."""
    assert taken(Load([Capacity(0.2)]), *[0.0] * 50) == [0.2] * 50
    assert taken(Load([]), 0, 0) == [0, 0]


def test_a_full_queue_turns_away_at_once() -> None:
    """And takes others again as soon as somebody's turn has come."""
    load = Load([Capacity(1.0, in_flight=1, queue=1, status=429)])
    assert taken(load, 0, 0, 0, 0.9, 1.0, 1.0) == [1, 2, None, None, 2, None]
    refusal = load.take(1.0)[1]
    assert refusal is not None
    assert refusal.status == 429


def test_capacity_changes_with_time() -> None:
    """What is in work is finished; before the first capacity nothing takes any time."""
    load = Load([Capacity(1.0, in_flight=3, from_s=20), Capacity(1.0, in_flight=2, from_s=10), Capacity(4.0, from_s=5)])
    assert taken(load, 0, 5, 5) == [0, 4, 4]
    assert taken(load, 10, 10, 10) == [1, 1, 2]
    assert taken(load, 20, 20, 20, 20) == [1, 1, 1, 2]
    load.reset()
    assert taken(load, 0) == [0]


def test_fewer_servers_have_as_much_to_do_as_before() -> None:
    """Those that go on are those with the longest queue: nothing is forgotten."""
    load = Load([Capacity(2.0, in_flight=2), Capacity(2.0, in_flight=1, from_s=1)])
    assert taken(load, 0, 0.5, 1) == [2, 2, 3.5]


def test_jitter_is_spread_evenly_and_the_same_in_every_run() -> None:
    """Another seed has other latencies."""
    first, again, other = (taken(Load([Capacity(1.0, 0.5)], seed), *[0.0] * 1000) for seed in (1, 1, 2))
    assert first == again != other
    latencies = [one for one in first if one is not None]
    assert 0.5 <= min(latencies) < 0.51
    assert 1.49 < max(latencies) <= 1.5
    assert 0.97 < sum(latencies) / 1000 < 1.03


def test_a_sandbox_takes_the_time_that_its_capacity_allows(ask: Ask, demo: Contract, clock: Any) -> None:
    """A bad answer takes none of it."""
    rule = Rule(status=503, from_s=5.0, until_s=6.0)
    sandbox = Sandbox(demo, Behaviour(capacity=(Capacity(0.1, in_flight=1, queue=1),), faults=(rule,)), clock)
    asked = [ask(sandbox, "GET", ORDERS) for _ in range(3)]
    assert [(one.answer.status, round(one.delay_s, 6)) for one in asked] == [(200, 0.1), (200, 0.2), (503, 0.0)]
    clock.at += 5
    assert [ask(sandbox, "GET", ORDERS).answer.status for _ in range(3)] == [503] * 3
    clock.at += 1
    assert ask(sandbox, "GET", ORDERS).delay_s == pytest.approx(0.1)


def test_a_rule_holds_for_a_part_of_the_time(ask: Ask, demo: Contract, clock: Any) -> None:
    """Counted from the start, or from the last reset."""
    sandbox = Sandbox(demo, Behaviour(faults=(Rule(status=500, from_s=10.0, until_s=20.0),)), clock)

    def status(passed_s: float) -> int:
        clock.at += passed_s
        return ask(sandbox, "GET", ORDERS).answer.status

    assert [status(9.9), status(0.1), status(9.9), status(0.1)] == [200, 500, 500, 200]
    sandbox.reset()
    assert [status(0), status(10)] == [200, 500]


def test_capacity_and_expectations_can_be_read(tmp_path: Path) -> None:
    """With every key, and with none that can be left out."""
    file = tmp_path / "all.toml"
    file.write_text(
        """
        [[capacity]]
        latency = "100ms"
        [[capacity]]
        from = "1m"
        latency = "1s"
        jitter = 0.5
        in_flight = 20
        queue = 0
        status = 429
        [[faults]]
        from = "1s"
        until = "2s"
        status = 500
        [[expect]]
        until = "10s"
        [[expect]]
        from = "10s"
        until = "20s"
        in_flight = [18, 30.5]
        rate = [0, 0]
        wasted = [1, 2]
        """
    )
    read = behaviour.read(file)
    assert read.capacity == (Capacity(0.1), Capacity(1.0, 0.5, 20, 0, 429, 60.0))
    assert read.faults == (Rule(status=500, from_s=1.0, until_s=2.0),)
    assert read.expect == (Expect(0.0, 10.0), Expect(10.0, 20.0, Band(18, 30.5), Band(0, 0), Band(1, 2)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[capacity]]\nin_flight = 2", "capacity[0].latency = None: say how long"),
        ("[[capacity]]\nlatency = '1s'\nqueue = 2", "capacity[0].queue = 2: nothing waits"),
        ("[[capacity]]\nlatency = '1s'\nin_flight = 0", "capacity[0].in_flight = 0: write a whole number from 1"),
        ("[[faults]]\nstatus = 500\nfrom = '2s'\nuntil = '1s'", "faults[0].until = '1s': it has to be later than from"),
        ("[[expect]]\nrate = [1, 2]", "expect[0].until = None: say when"),
        ("[[expect]]\nuntil = '1s'\nrate = 5", "expect[0].rate = 5: write the least and the most"),
        ("[[expect]]\nuntil = '1s'\nrate = [2, 1]", "expect[0].rate = [2, 1]: write the least and the most"),
        ("[[expect]]\nuntil = '1s'\nlatency = [2, 1]", "expect[0].latency is not a key"),
    ],
)
def test_a_wrong_key_is_one_clear_error(tmp_path: Path, text: str, message: str) -> None:
    """File, key, value, remedy."""
    file = tmp_path / "bad.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        behaviour.read(file)
    assert message in str(caught.value)


def test_our_behaviours_go_by_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of that name comes first, and a name that is not ours is a file that is not there."""
    monkeypatch.chdir(tmp_path)
    assert behaviour_at(Path("crowded")).capacity[0].queue == 5
    assert behaviour_at(None) == Behaviour()
    with pytest.raises(UsageError, match="crowdy: No such file"):
        behaviour_at(Path("crowdy"))
    (tmp_path / "crowded").write_text("seed = 3")
    assert behaviour_at(Path("crowded")) == Behaviour(seed=3)
