from typing import Any

import orjson
import pytest

from tests.unit.engine.failing import Desk, fail
from worker.engine.edited import replay_edited
from worker.engine.replaying import Replayed
from worker.failure import Failure, Selection, failure_json
from worker.intake.row import Row
from worker.job import Lane
from worker.outcome import Cause, Fault, Problem
from worker.queues.memory import MemoryStore
from worker.testing import ManualClock


@pytest.fixture
def desk() -> Desk:
    """A person at an empty ledger."""
    return Desk(MemoryStore(ManualClock()))


async def exported(desk: Desk) -> list[dict[str, Any]]:
    """What ``failures export`` writes."""
    page, _ = await desk.store.ledger.failures(Selection())
    return [orjson.loads(orjson.dumps(failure_json(failure))) for failure in page]


async def read_back(desk: Desk, records: list[Any], *, only_count: bool = False) -> Replayed:
    """Send the jobs of a file again."""
    rows = [one if isinstance(one, Row) else Row(line, b"", one) for line, one in enumerate(records, 1)]
    return await replay_edited(desk.store.ledger, rows, "bad.jsonl", desk.into(only_count=only_count))


async def test_jobs_are_sent_again_as_they_were_edited(desk: Desk) -> None:
    """What passes is queued, and what does not is told by its line; what was left out stays a failure."""
    for id_ in ("1", "2", "3"):
        await fail(desk.store, id_, '{"qty": 0, "token": "t-1"}')
    first, second, _ = await exported(desk)
    first["job"]["body"]["qty"] = 3

    done = await read_back(desk, [first, second])

    assert (done.selected, done.changed, done.replayed, done.still_bad, done.unknown) == (2, 1, 1, 1, 0)
    assert [where for where, _ in desk.told] == ["bad.jsonl:2"]
    assert await desk.ready() == [("1", {"qty": 3, "token": "t-1"})]
    assert [failure.id for failure in (await desk.store.ledger.failures(Selection()))[0]] == ["2", "3"]


async def test_counting_changes_nothing(desk: Desk) -> None:
    """What would be done is what is then done."""
    await fail(desk.store, "1", '{"qty": 0}')
    records = await exported(desk)
    records[0]["job"]["body"]["qty"] = 3

    planned = await read_back(desk, records, only_count=True)

    assert await desk.ready() == []
    assert await read_back(desk, records) == planned


async def test_a_line_that_cannot_be_used_takes_no_other_with_it(desk: Desk) -> None:
    """The good one of the same id is queued."""
    await fail(desk.store, "1", '{"qty": 1}')
    (good,) = await exported(desk)

    done = await read_back(desk, [{"id": "1", "job": None}, good])

    assert (done.replayed, done.unknown) == (1, 1)


async def test_every_line_that_leads_to_no_failed_job_is_told_with_its_number(desk: Desk) -> None:
    """The good one among them is queued."""
    await fail(desk.store, "1", '{"qty": 1}')
    row = Failure("row-1", Lane("shop", ""), Problem(Cause.MALFORMED, "intake", "t", "d"), None, 0.0)
    await desk.store.ledger.reject([row])
    good, bad = await exported(desk)
    broken = Row(3, b"{", None, Fault("#", "job", "json", "broken JSON at column 1", "close it"))

    done = await read_back(
        desk, [{**bad, "job": {}}, good, broken, 5, {"job": {}}, {"id": "1", "job": None}, {"id": "9", "job": {}}, good]
    )

    assert (done.selected, done.replayed, done.unknown) == (1, 1, 7)
    told = dict(desk.told)
    assert list(told) == [f"bad.jsonl:{line}" for line in (1, 3, 4, 5, 6, 7, 8)]
    assert "never became a job" in told["bad.jsonl:1"]
    assert told["bad.jsonl:3"] == "broken JSON at column 1 (close it)"
    assert "`id` is missing" in told["bad.jsonl:4"]
    assert "`job` is no object" in told["bad.jsonl:6"]
    assert "'9'" in told["bad.jsonl:7"]
    assert "stands here twice" in told["bad.jsonl:8"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"operation": "refund"}, "operation says which job this is"),
        ({"id": "2"}, "id says which job this is"),
        ({"body": {"qty": 1, "pin": "[redacted]"}}, "#/body/pin is [redacted]"),
        ({"boddy": {}}, "boddy"),
    ],
)
async def test_an_edit_that_cannot_be_meant_is_told_and_not_made(desk: Desk, change: dict[str, Any], said: str) -> None:
    """The failure stays as it is."""
    await fail(desk.store, "1", '{"qty": 1}')
    (record,) = await exported(desk)
    record["job"] |= change

    done = await read_back(desk, [record])

    assert (done.still_bad, done.replayed) == (1, 0)
    assert said in desk.told[0][1]
    assert await desk.ready() == []
