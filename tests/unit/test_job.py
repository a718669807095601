from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.job import UNSET, Job, Lane, Source, from_payload, to_payload

_WHOLE: dict[str, Any] = {
    "id": "order-17",
    "api": "shop",
    "operation": "createOrder",
    "params": {"shop": "berlin"},
    "key": "tenant-7",
    "priority": 5,
    "cost": {"tokens": 1200},
    "headers": {"X-Trace": "abc"},
    "meta": {"row": 17},
    "body": {"qty": 2},
    "not_before": "2026-12-01T08:00:00.000Z",
    "deadline": "2026-12-02T08:00:00.000Z",
}


def test_a_job_is_the_same_after_the_way_through_json() -> None:
    """Every field of it."""
    job = from_payload(_WHOLE, Source("orders.jsonl", 17))
    assert to_payload(job) == _WHOLE
    assert job.not_before == 1_796_112_000.0
    assert job.source == ("orders.jsonl", 17)


@pytest.mark.parametrize("body", [None, 0, "", [], {}, False])
def test_a_body_that_is_nothing_is_a_body(body: Any) -> None:
    """Only one that is absent is none."""
    payload = {"id": "1", "api": "a", "operation": "o", "body": body}
    assert to_payload(from_payload(payload)) == payload
    assert from_payload({"id": "1", "api": "a", "operation": "o"}).body is UNSET


def test_a_moment_without_an_offset_is_refused() -> None:
    """Nobody knows when it is."""
    with pytest.raises(ValueError, match="offset"):
        from_payload({**_WHOLE, "deadline": "2026-12-02T08:00:00"})


@given(st.integers(0, 4_000_000_000_000))
def test_moments_survive_to_the_millisecond(milliseconds: int) -> None:
    """From 1970 to the year 2096."""
    job = Job("1", "a", "o", deadline=milliseconds / 1000)
    assert from_payload(to_payload(job)).deadline == pytest.approx(milliseconds / 1000, abs=1e-6)


def test_a_job_cannot_be_changed_and_knows_its_lane() -> None:
    """What draws on the same budgets travels in one lane."""
    job = Job("1", "shop", "order", key="k")
    assert job.lane == Lane("shop", "order", "k")
    assert [str(lane) for lane in (job.lane, Lane("shop", "order"))] == ["shop/order/k", "shop/order"]
    with pytest.raises(FrozenInstanceError):
        job.id = "2"  # type: ignore[misc]
