"""The API has every kind of bad day at once: nothing is lost, and nothing is sent twice without its key."""

from collections.abc import Callable

import pytest

from tests.chaos.conftest import Begin
from tests.chaos.reckoning import reckon
from worker.sandbox import Behaviour
from worker.sandbox.misbehaviour import Rule

pytestmark = pytest.mark.chaos

Times = Callable[[int, int], int]

_BAD_DAYS = (
    Rule(every=11, drop="before"),
    Rule(every=13, drop="after"),
    Rule(every=17, page="garbage", status=502),
    Rule(every=19, page="html", status=503),
    Rule(every=37, drip_s=0.02),
    Rule(every=41, delay_s=1.5),
    Rule(every=23, status=500),
    Rule(every=53, status=429, retry_after_s=1),
    Rule(delay_s=0.002),
)


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_an_api_that_misbehaves_in_every_way_loses_nothing(site: Begin, times: Times) -> None:
    """It drops requests and answers, drips, answers too late, sends garbage, fails and throttles, all in one run."""
    here = site(Behaviour(idempotency_header="Idempotency-Key", faults=_BAD_DAYS))
    jobs = times(300, 5_000)
    here.submit(jobs)
    here.finish()
    here.note("bad answers", here.shop.requests - here.shop.statuses[201])
    made = reckon(here, "bad API", honest=False)
    assert made.delivered + made.dead + made.parked == made.jobs
    assert made.waiting == 0
