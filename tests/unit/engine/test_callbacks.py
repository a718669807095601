"""Who is told what became of jobs, and in which words."""

from dataclasses import replace
from typing import Any, Final

import orjson
import pytest

from worker.engine.callbacks import Callbacks
from worker.job import Entry, Lane, Lease
from worker.outcome import Attempt, Cause, Dead, Delivered, Outcome, Parked, Problem, Released, Retry, Settlement
from worker.settings import ApiSettings
from worker.settings.callback_apis import with_callbacks
from worker.settings.callbacks import CallbackSettings
from worker.testing import ManualClock

_PROBLEM: Final = Problem(Cause.REJECTED, "judge", "refused", "the API said no", 422)
_BOTH: Final = CallbackSettings("https://me.example/hooks/done?v=1", "https://ops.example:8443")
_JOB: Final = {"id": "o1", "api": "shop", "operation": "order", "body": {"password": "hunter2"}, "meta": {"row": 1}}
_LEASE: Final = Lease(7, 3, Lane("shop", "order"), _JOB, attempts=1)


def followed(outcome: Outcome, told: CallbackSettings = _BOTH, lease: Lease = _LEASE) -> Entry | None:
    """What follows when a job of the shop ends in this way."""
    apis = with_callbacks({"shop": ApiSettings("shop", base_url="https://shop.example", callbacks=told)})
    attempt = Attempt(2, 0.0, 12.34, 201, None, '{"order": 9}')
    return Callbacks(apis, ManualClock()).followed(Settlement(lease, outcome, attempt)).follow


def payload(entry: Entry | None) -> Any:
    """The job that follows."""
    assert entry is not None
    found = orjson.loads(entry.payload)
    assert (found["id"], found["api"], found["operation"]) == (entry.id, entry.lane.api, entry.lane.operation)
    return found


def test_a_delivery_is_told_with_its_result() -> None:
    """As ``results export`` writes it, and which job it is of."""
    entry = followed(Delivered())
    job = payload(entry)
    assert entry is not None
    assert entry.lane == Lane("shop.on_delivered", "job.delivered")
    assert (job["body"]["type"], job["meta"]) == ("job.delivered", {"of": "o1"})
    data = job["body"]["data"]
    assert (data["id"], data["status"], data["attempts"], data["reply"]) == ("o1", 201, 2, '{"order": 9}')
    assert (data["meta"], data["delivered_at"]) == ({"row": 1}, job["body"]["timestamp"])


@pytest.mark.parametrize("outcome", [Dead(_PROBLEM), Parked(_PROBLEM)])
def test_a_failure_is_told_with_its_record(outcome: Outcome) -> None:
    """As ``failures export`` writes it, redacted."""
    job = payload(followed(outcome))
    assert job["body"]["type"] == "job.failed"
    data = job["body"]["data"]
    assert (data["id"], data["cause"], data["problem"]["status"]) == ("o1", "rejected", 422)
    assert len(data["attempts"]) == 1
    assert "hunter2" not in orjson.dumps(job).decode()
    assert data["job"]["body"] == {"password": "[redacted]"}


@pytest.mark.parametrize("outcome", [Retry(_PROBLEM, 5), Released("shutdown")])
def test_a_job_that_goes_on_is_not_told_of(outcome: Outcome) -> None:
    """Only an end is an end."""
    assert followed(outcome) is None


def test_nobody_is_told_who_did_not_ask() -> None:
    """Each event has a URL of its own, or none."""
    only_failures = CallbackSettings(on_failed="https://ops.example/")
    assert followed(Delivered(), only_failures) is None
    assert followed(Dead(_PROBLEM), only_failures) is not None
    assert followed(Dead(_PROBLEM), CallbackSettings()) is None
    assert not Callbacks(["shop"], ManualClock())


@pytest.mark.parametrize("outcome", [Delivered(), Dead(_PROBLEM)])
def test_a_callback_is_followed_by_nothing(outcome: Outcome) -> None:
    """Else a receiver that is down would be told of its own failures for ever."""
    lane = Lane("shop.on_failed", "job.failed")
    assert followed(outcome, lease=_LEASE._replace(lane=lane)) is None


def test_one_end_is_told_once_and_another_end_once_more() -> None:
    """The id comes from the lease: a settle that is written twice takes one callback in."""
    first, again = followed(Delivered()), followed(Delivered())
    later = followed(Delivered(), lease=_LEASE._replace(fence=4))
    assert first == again
    assert first is not None
    assert later is not None
    assert first.id != later.id


def test_a_callback_is_sent_to_its_very_url() -> None:
    """Origin, path and query, whatever is in them."""
    told = replace(_BOTH, on_failed="https://ops.example:8443/a/{b}%20c?d={e}")
    apis = with_callbacks({"shop": ApiSettings("shop", base_url="https://h", callbacks=told, allow_private=True)})
    done, failed = apis["shop.on_delivered"], apis["shop.on_failed"]
    assert (done.base_url, done.operations["job.delivered"].path) == ("https://me.example", "/hooks/done?v=1")
    assert failed.base_url == "https://ops.example:8443"
    assert failed.operations["job.failed"].path == "/a/%7Bb%7D%20c?d=%7Be%7D"
    assert failed.allow_private
