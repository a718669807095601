"""The sandbox misbehaves as told, and only then."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from worker import resources
from worker.errors import UsageError
from worker.sandbox import Behaviour, Contract, Sandbox, behaviour
from worker.sandbox.credentials import Accepted
from worker.sandbox.misbehaviour import Rule
from worker.sandbox.sandbox import Decision

Ask = Callable[..., Decision]

ORDERS = "/shops/ulm/orders"
KEYED = "Idempotency-Key"


def bad(demo: Contract, *rules: Rule, seed: int = 0) -> Sandbox:
    """The demo shop under these rules."""
    return Sandbox(demo, Behaviour(seed=seed, faults=rules, idempotency_header=KEYED))


def statuses(ask: Ask, sandbox: Sandbox, order: dict[str, Any], quantities: list[int]) -> list[int]:
    """What orders of these quantities get."""
    return [ask(sandbox, "POST", ORDERS, {**order, "qty": qty}).answer.status for qty in quantities]


def test_every_nth_request_of_an_operation(ask: Ask, demo: Contract, order: dict[str, Any]) -> None:
    """Others are not counted."""
    sandbox = bad(demo, Rule(operation="createOrder", every=3, status=500))
    seen = statuses(ask, sandbox, order, [1, 2])
    assert ask(sandbox, "GET", ORDERS).answer.status == 200
    assert seen + statuses(ask, sandbox, order, [3, 4, 5, 6]) == [201, 201, 500, 201, 201, 500]


def test_a_ratio_is_kept_and_the_same_in_every_run(ask: Ask, demo: Contract, order: dict[str, Any]) -> None:
    """The seed chooses which; another seed chooses others."""
    orders = [{**order, "email": f"a{number}@example.com"} for number in range(3000)]

    def run(seed: int) -> list[int]:
        sandbox = bad(demo, Rule(ratio=0.1, status=503), seed=seed)
        return [ask(sandbox, "POST", ORDERS, each).answer.status for each in orders]

    first = run(1)
    assert run(1) == first
    assert run(2) != first
    assert 250 <= first.count(503) <= 350


def test_first_attempts_fail_and_the_next_succeeds(ask: Ask, demo: Contract, order: dict[str, Any]) -> None:
    """Told apart by content; a 503 with Retry-After, which is rounded up."""
    sandbox = bad(demo, Rule(first=2, status=503, retry_after_s=1.2))
    assert ask(sandbox, "POST", ORDERS, order).answer.headers["Retry-After"] == "2"
    assert statuses(ask, sandbox, order, [2, 3, 3, 2, 3]) == [503, 503, 503, 201, 201]


def test_attempts_are_told_apart_by_idempotency_key(ask: Ask, demo: Contract, order: dict[str, Any]) -> None:
    """Equal orders with two keys are two orders."""
    sandbox = bad(demo, Rule(first=1, status=500))
    seen = [ask(sandbox, "POST", ORDERS, order, {KEYED: key}).answer.status for key in "abab"]
    assert seen == [500, 500, 201, 201]


def test_a_path_and_a_method_can_be_singled_out(ask: Ask, demo: Contract, order: dict[str, Any]) -> None:
    """A glob over the decoded path."""
    sandbox = bad(demo, Rule(path="/shops/atl*/*", method="POST", status=404))
    assert ask(sandbox, "POST", "/shops/atlantis/orders", order).answer.status == 404
    assert ask(sandbox, "POST", "/shops/%61tlantis/orders", order).answer.status == 404
    assert ask(sandbox, "GET", "/shops/atlantis/orders").answer.status == 200
    assert ask(sandbox, "POST", ORDERS, order).answer.status == 201


def test_a_bad_request_has_no_bad_day_besides(ask: Ask, demo: Contract, order: dict[str, Any]) -> None:
    """Faults are for requests that would have been accepted, so that what is refused is countable."""
    sandbox = bad(demo, Rule(first=1, status=500))
    assert statuses(ask, sandbox, order, [0, 0, 1, 1]) == [422, 422, 500, 201]


def test_the_first_rule_that_holds_decides(ask: Ask, demo: Contract, order: dict[str, Any]) -> None:
    """In the file's order."""
    sandbox = bad(demo, Rule(every=2, status=500), Rule(status=503))
    assert statuses(ask, sandbox, order, [1, 1, 1]) == [503, 500, 503]


def test_pages_of_a_broken_gateway(ask: Ask, demo: Contract) -> None:
    """HTML, and bytes that claim to be JSON."""
    html = ask(bad(demo, Rule(page="html", status=502)), "GET", ORDERS).answer
    assert (html.status, html.headers["Content-Type"]) == (502, "text/html")
    assert b"<h1>Bad Gateway</h1>" in html.body
    garbage = ask(bad(demo, Rule(page="garbage")), "GET", ORDERS).answer
    assert (garbage.status, garbage.headers["Content-Type"]) == (200, "application/json")


def test_a_drop_before_processing_delivers_nothing_and_one_after_does(
    ask: Ask, demo: Contract, order: dict[str, Any]
) -> None:
    """The second attempt is a delivery in the one case and a replay in the other."""
    before, after = bad(demo, Rule(drop="before", first=1)), bad(demo, Rule(drop="after", first=1))
    for sandbox in (before, after):
        assert [ask(sandbox, "POST", ORDERS, order, {KEYED: "k"}).dropped for _ in range(2)] == [True, False]
    assert before.counts.as_json(0)["replayed"] == 0
    assert after.counts.as_json(0)["replayed"] == 1
    for sandbox in (before, after):
        assert sandbox.counts.statuses == Counter({201: 1})
        assert (sandbox.counts.requests, sandbox.counts.dropped) == (2, 1)


def test_the_same_key_is_answered_as_before_and_delivered_once(ask: Ask, demo: Contract, order: dict[str, Any]) -> None:
    """Same id, marked as replayed, not counted as a delivery."""
    sandbox = bad(demo)
    first, second = (ask(sandbox, "POST", ORDERS, order, {KEYED: "k"}) for _ in range(2))
    assert (first.processed, first.replayed) == (True, False)
    assert (second.processed, second.replayed) == (False, True)
    assert second.answer.body == first.answer.body
    assert second.answer.headers["Idempotent-Replayed"] == "true"
    assert sandbox.counts.statuses == Counter({201: 1})


def test_only_success_is_kept_for_a_key(ask: Ask, demo: Contract, order: dict[str, Any]) -> None:
    """A refused order may be mended and sent with its key."""
    sandbox = bad(demo)
    assert ask(sandbox, "POST", ORDERS, {**order, "qty": 0}, {KEYED: "k"}).answer.status == 422
    assert ask(sandbox, "POST", ORDERS, order, {KEYED: "k"}).processed


def test_a_key_that_comes_with_another_request_is_422(ask: Ask, demo: Contract, order: dict[str, Any]) -> None:
    """As the IETF draft says."""
    sandbox = bad(demo)
    ask(sandbox, "POST", ORDERS, order, {KEYED: "k"})
    assert ask(sandbox, "POST", ORDERS, {**order, "qty": 3}, {KEYED: "k"}).answer.status == 422


def test_the_demo_behaviour_does_what_the_demo_tells(
    ask: Ask, demo: Contract, order: dict[str, Any], clock: Any
) -> None:
    """About 1.5% fail once, a few answers are lost, atlantis is gone, and every order arrives exactly once."""
    sandbox = Sandbox(demo, behaviour.read(resources.path("config/sandbox/demo.toml")), clock)
    seen: Counter[int] = Counter()
    for number in range(5000):
        clock.at += 0.01
        sent = {**order, "email": f"a{number}@example.com"}
        headers = {KEYED: f"k{number}", "authorization": "Bearer demo-shop-token"}
        decision = ask(sandbox, "POST", ORDERS, sent, headers)
        seen[0 if decision.dropped else decision.answer.status] += 1
        if decision.dropped or decision.answer.status != 201:
            assert ask(sandbox, "POST", ORDERS, sent, headers).answer.status == 201
    assert 0.010 < (seen[500] + seen[503]) / 5000 < 0.020
    assert 3 <= seen[0] <= 20
    assert sandbox.counts.statuses[201] == 5000
    gone = ask(sandbox, "POST", "/shops/atlantis/orders", order, {"authorization": "Bearer demo-shop-token"})
    assert gone.answer.status == 404


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sede = 1", "sede is not a key: did you mean seed?"),
        ("seed = 1.5", "seed = 1.5: write a whole number"),
        ("invalid_status = 418", "invalid_status = 418: write 422 or 400"),
        ("idempotency_header = ''", "idempotency_header = '': write a text"),
        ("[[limits]]\nper = '1s'", "limits[0].rate = None: say how many"),
        ("[[limits]]\nrate = 1", "limits[0].per = None: say in which time"),
        ("[[limits]]\nrate = 1\nper = '1 second'", "limits[0].per = '1 second': write a duration"),
        ("[[limits]]\nrate = 1\nper = '1s'\nby = 'tenant'", "limits[0].by = 'tenant': write api"),
        ("[[limits]]\nrate = 1\nper = '1s'\nretry_after = 'soon'", "limits[0].retry_after = 'soon': write one of"),
        ("[limits]\nrate = 1", "write each one as a table that begins with [[limits]]"),
        ("[[faults]]\nstatus = 500\n[[faults]]\npath = '/x'", "faults[1].status = None: the rule does nothing"),
        ("[[faults]]\nratio = 2", "faults[0].ratio = 2: write a share"),
        ("[[faults]]\ndrop = 'now'", "faults[0].drop = 'now': write one of before, after"),
        ("[[faults]]\ndrop = 'after'\nstatus = 500", "faults[0].drop = 'after': a dropped connection has no answer"),
        ("[[faults]]\ndelay = '1s'\nretry_after = '1s'", "faults[0].retry_after = '1s': give the status"),
        ("[[faults]]\nhtml = true\ngarbage = true", "faults[0].garbage = True: write html or garbage"),
        ("[[faults]]\nhtml = 'yes'", "faults[0].html = 'yes': write true or false"),
        ("[credentials.a]\naccepted = 'x'", "credentials.a.accepted = 'x': write a list"),
        ("[credentials]\na = 1", "write each one as a table that begins with [credentials.name]"),
        ("seed = ", "is not TOML"),
    ],
)
def test_a_wrong_key_is_one_clear_error(tmp_path: Path, text: str, message: str) -> None:
    """File, key, value, remedy."""
    file = tmp_path / "bad.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        behaviour.read(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert message in str(caught.value)


def test_a_behaviour_file_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    """Not a traceback."""
    with pytest.raises(UsageError, match="No such file or directory: name a file"):
        behaviour.read(tmp_path / "gone.toml")


def test_every_key_can_be_read(tmp_path: Path) -> None:
    """All of them at once."""
    file = tmp_path / "all.toml"
    file.write_text(
        """
        seed = 3
        invalid_status = 400
        idempotency_header = "X-Key"
        [[limits]]
        rate = 5
        per = "1m"
        by = "header:X-Tenant"
        retry_after = "http-date"
        [[faults]]
        operation = "a"
        method = "GET"
        path = "/a/*"
        every = 2
        ratio = 0.5
        first = 1
        status = 503
        retry_after = "1500ms"
        html = true
        delay = "200ms"
        slow_body = "10ms"
        """
    )
    read = behaviour.read(file)
    assert (read.seed, read.invalid_status, read.idempotency_header) == (3, 400, "X-Key")
    assert read.limits[0].per_s == 60
    assert read.faults[0] == Rule("a", "GET", "/a/*", 2, 0.5, 1, 503, 1.5, 0.2, None, "html", 0.01)


def test_a_behaviour_has_to_agree_with_the_contract(demo: Contract) -> None:
    """A rule for an operation that is not there would never fire, and nobody would know."""
    with pytest.raises(UsageError, match="no such operation"):
        Sandbox(demo, Behaviour(faults=(Rule(operation="gone", status=500),)))
    with pytest.raises(UsageError, match="no such security scheme"):
        Sandbox(demo, Behaviour(credentials={"gone": Accepted()}))
