from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from worker import Cause, Fault, Job, Operation
from worker.contract.explain import MAX_FAULTS
from worker.contract.own_checks import Function, OwnChecks, load
from worker.errors import ConfigError
from worker.testing import ManualClock

OPERATION = Operation("createOrder", "POST", "/orders")
JOB = Job("1", "shop", "createOrder", body={"qty": 3})
ODD = Fault("#/body/qty", "body", "even", "3 is odd", "send an even number")


def _checks(function: Function, clock: ManualClock | None = None, budget_s: float = 1.0) -> OwnChecks:
    return OwnChecks({"rules:check": function}, budget_s, clock or ManualClock())


def _shop_rules(job: Job, operation: Operation) -> Iterator[Fault]:
    if operation.name == "createOrder" and job.body["qty"] % 2:
        yield ODD


def test_what_a_check_says_is_told_as_it_said_it() -> None:
    """Pointer, rule, cause and all; nothing is found in a good job."""
    checks = _checks(_shop_rules)
    assert checks.faults(JOB, OPERATION) == [ODD]
    assert checks.faults(Job("2", "shop", "createOrder", body={"qty": 4}), OPERATION) == []


def test_every_check_is_asked() -> None:
    """All that is wrong is told at once."""
    missing = Fault("#/body/note", "body", "note", "a note is wanted", cause=Cause.MISSING)
    checks = OwnChecks({"a:b": _shop_rules, "a:c": lambda _job, _operation: [missing]}, 1.0, ManualClock())
    assert checks.faults(JOB, OPERATION) == [ODD, missing]


def test_a_check_that_raises_is_a_fault_of_the_check() -> None:
    """The job is refused, since nobody knows whether it is good; what was found before stays."""

    def check(job: Job, _: Operation) -> Iterator[Fault]:
        yield ODD
        raise KeyError(job.id)

    with capture_logs():
        (fault,) = _checks(check).faults(JOB, OPERATION)
    assert (fault.pointer, fault.place, fault.rule, fault.cause) == ("#", "job", "check", Cause.INVALID)
    assert fault.detail == "rules:check raised KeyError: '1'; this is a fault of the check"
    assert fault.hint == "mend the check, or take it out of checks in the config"


def test_a_check_that_raises_does_not_show_a_secret() -> None:
    """Its message is shown short, and redacted."""

    def check(_: Job, __: Operation) -> list[Fault]:
        raise ValueError("Bearer abcdefghijkl" + "x" * 1000)

    with capture_logs():
        (fault,) = _checks(check).faults(JOB, OPERATION)
    assert "abcdefghijkl" not in fault.detail
    assert len(fault.detail) < 300


def test_a_traceback_is_logged_once_for_each_place_that_raises() -> None:
    """Not once a job: a file of a million rows would bury it."""

    def check(job: Job, _: Operation) -> list[Fault]:
        if job.id == "first":
            raise ValueError(job.id)
        raise ValueError(job.id)

    checks = _checks(check)
    with capture_logs() as lines:
        for number in range(10):
            checks.faults(Job("first" if number % 2 else str(number), "shop", "createOrder"), OPERATION)
    assert [(line["event"], line["check"]) for line in lines] == [("own_check_raised", "rules:check")] * 2
    assert all(isinstance(line["exc_info"], ValueError) for line in lines)


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (None, "returned NoneType, which is no list of Fault"),
        (7, "returned int, which is no list of Fault"),
        (["odd"], "returned str among its faults, where Fault is wanted"),
        ("odd", "returned str among its faults"),
        ([Fault("#", "job", "x", None)], "returned a Fault whose members are not"),  # type: ignore[arg-type]
        ([Fault("#", "nowhere", "x", "y")], "returned a Fault whose members are not"),  # type: ignore[arg-type]
        ([Fault("#", "job", "x", "y", cause=Cause.TIMEOUT)], "returned a Fault whose members are not"),
    ],
)
def test_what_is_no_fault_is_a_fault_of_the_check(returned: Any, said: str) -> None:
    """A check that forgets to return something must not let everything pass."""
    found = _checks(lambda _job, _operation: returned).faults(JOB, OPERATION)
    assert found
    assert all(said in fault.detail for fault in found)
    assert {fault.rule for fault in found} == {"check"}


def test_a_check_without_an_end_is_cut() -> None:
    """After as many faults as any job may have."""

    def check(_: Job, __: Operation) -> Iterator[Fault]:
        while True:
            yield ODD

    assert len(_checks(check).faults(JOB, OPERATION)) == MAX_FAULTS


def test_a_slow_check_is_reported_at_once_and_then_once_a_minute() -> None:
    """With how many jobs it was asked for since, how often it took too long, and the mean."""
    clock = ManualClock()
    took = iter([0.5, *[3.0, 1.0] * 5, 1.0, 1.0])

    def check(_: Job, __: Operation) -> list[Fault]:
        clock.advance(next(took))
        return []

    checks = _checks(check, clock, budget_s=2.0)
    with capture_logs() as lines:
        for _ in range(11):
            checks.faults(JOB, OPERATION)
        clock.advance(60)
        checks.faults(JOB, OPERATION)
    assert [(line["event"], line["jobs"], line["over_budget"], line["mean_ms"]) for line in lines] == [
        ("own_check_slow", 2, 1, 1750.0),
        ("own_check_slow", 10, 4, 1800.0),
    ]
    assert {line["budget_ms"] for line in lines} == {2000.0}


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Writes a module into a folder of the path; returns its name, which no other has."""

    def write(text: str) -> str:
        name = f"rules_{tmp_path.name.replace('-', '_')}"
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        return name

    return write


def test_checks_are_found_as_python_finds_modules(module: Callable[[str], str]) -> None:
    """By their full names; a class whose instances can be called serves as well."""
    name = module(
        "from worker import Fault\n"
        "def check(job, operation):\n    yield Fault('#/body', 'body', 'mine', operation.name)\n"
        "class Check:\n    def __call__(self, job, operation): return []\n"
        "other = Check()\n"
    )
    found = load([f"{name}:check", f"{name}:other"], "apis.shop.checks")
    assert list(found) == [f"{name}:check", f"{name}:other"]
    assert list(found[f"{name}:check"](JOB, OPERATION)) == [Fault("#/body", "body", "mine", "createOrder")]


MISTAKES = {
    "def check_order(job, operation): return []": r'has no check; did you mean "check_order"\?',
    "check = 7": r"it cannot be called with a job: write def check\(job, operation\): \.\.\.",
    "def check(job): return []": "it cannot be called with a job",
    "async def check(job, operation): return []": "it cannot be called with a job",
    "import nowhere_to_be": "importing rules_.* raised ModuleNotFoundError: No module named 'nowhere_to_be'",
    "def check(": "importing rules_.* raised SyntaxError",
    "1 / 0": "importing rules_.* raised ZeroDivisionError: division by zero; mend the module",
    "": "has no check: define it, or correct the name",
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.items())
def test_a_check_that_cannot_be_used_is_explained(text: str, message: str, module: Callable[[str], str]) -> None:
    """With the key, the name and the remedy."""
    name = module(text)
    with pytest.raises(ConfigError, match=message) as caught:
        load([f"{name}:check"], "preflight.toml: apis.shop.checks")
    assert str(caught.value).startswith(f'preflight.toml: apis.shop.checks names "{name}:check": ')


def test_a_module_that_is_not_there_is_explained() -> None:
    """The config's folder is not searched; the remedy says what is."""
    with pytest.raises(
        ConfigError, match="there is no module shop_rulez: install it, or put its folder into PYTHONPATH"
    ):
        load(["shop_rulez.orders:check"], "apis.shop.checks")


class _Wordless(Exception):  # noqa: N818 - a user's exception is called as the user likes
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize("error", [SystemExit(7), GeneratorExit(), _Wordless()])
def test_a_check_ends_nothing_but_itself(error: BaseException) -> None:
    """Neither the worker, nor by words that cannot be said."""

    def check(_job: Job, _operation: Operation) -> list[Fault]:
        raise error

    with capture_logs():
        (fault,) = _checks(check).faults(JOB, OPERATION)
    assert f"raised {type(error).__name__}" in fault.detail


def test_a_check_may_not_change_the_job() -> None:
    """It is sent as it stands, and was validated as it was."""

    def check(job: Job, _operation: Operation) -> list[Fault]:
        job.body["qty"] = 999
        return []

    (fault,) = _checks(check).faults(Job("1", "shop", "createOrder", body={"qty": 3}), OPERATION)
    assert "rules:check changed the job" in fault.detail


def test_words_that_cannot_be_written_are_no_fault_of_the_job() -> None:
    """Half a character cannot be kept in a record."""
    (fault,) = _checks(lambda _job, _operation: [Fault("#/body", "body", "r", "\ud800")]).faults(JOB, OPERATION)
    assert fault.rule == "check"
