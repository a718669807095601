"""A job that kills every worker that looks at it is parked in the end, and takes no other along."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from tests.conftest import Api, Shell

Orders = Callable[..., list[dict[str, Any]]]
OpenShop = Callable[..., "Api"]

pytestmark = pytest.mark.chaos

_TRIES: Final = 3
_JOBS: Final = 40
_RULES: Final = """
import os

def check_order(job, operation):
    if job.body.get("note") == "poison":
        os._exit(9)
    return ()
"""
_WORKER: Final = '[worker]\nlease = "1s"\ndrain = "1s"\n'
_API: Final = 'timeout = "500ms"\nconnect_timeout = "200ms"\nchecks = ["shop_rules:check_order"]\n'


def test_a_job_that_kills_its_workers_is_parked_and_takes_no_other_along(
    shell: "Shell", open_shop: OpenShop, orders: Orders
) -> None:
    """Its own check ends the process, each time: as often as a job may be tried, and then no more."""
    shell.write("shop_rules.py", _RULES)
    shell.environ["PYTHONPATH"] = os.pathsep.join([str(shell.folder), shell.environ.get("PYTHONPATH", "")]).rstrip(":")
    shop = open_shop(before=_WORKER, api=_API, after=f"max_attempts = {_TRIES}\n")
    jobs = orders(_JOBS)
    jobs[_JOBS // 2]["body"]["note"] = "poison"
    shell.write("orders.jsonl", jobs)
    shell("submit", "orders.jsonl")

    codes: list[int] = []
    while not codes or codes[-1] == 9:
        codes.append(shell("run", "--until-empty", "--json").code)
        assert len(codes) <= _TRIES + 1

    assert codes == [9] * _TRIES + [1]  # the last one says that a job of its own has failed
    assert shell.states == {"delivered": _JOBS - 1, "parked": 1}
    (parked,) = shell("failures", "list", "--json").lines
    assert parked["job"]["body"]["note"] == "poison"
    assert parked["problem"]["detail"].startswith(f"{_TRIES} workers died or stalled while they had this job")
    assert shop.statuses[201] == _JOBS - 1
