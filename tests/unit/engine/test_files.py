"""Jobs that send files: read when there is leave to go, and refused where they have gone meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
import pytest

from worker.contract.contract import from_document
from worker.contract.files import Files
from worker.events import JobDied
from worker.job import State
from worker.limits.budget import from_settings
from worker.outcome import Answer, Cause, Reply, Request
from worker.settings import LimitSettings
from worker.stages.judge import Policy

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

Make = Callable[..., "Bench"]

_BODY: Final = {"type": "object", "properties": {"photo": {"type": "string", "format": "binary"}}}
_DOCUMENT: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {"title": "Photos", "version": "1"},
    "paths": {
        "/photos": {
            "post": {
                "operationId": "upload",
                "requestBody": {"content": {"multipart/form-data": {"schema": _BODY}}},
                "responses": {"200": {"description": "fine"}},
            }
        }
    },
}


@pytest.fixture
def uploads(bench: Make, tmp_path: Path) -> Callable[..., "Bench"]:
    """A bench whose API takes photos; ``photos/a.png`` is one."""

    def make(**options: Any) -> "Bench":
        b = bench(header="Idempotency-Key", **options)
        document = tmp_path / "photos.json"
        document.write_bytes(orjson.dumps(_DOCUMENT))
        found = from_document(document)
        found.files = Files(tmp_path / "photos")
        (tmp_path / "photos").mkdir()
        (tmp_path / "photos" / "a.png").write_bytes(b"pixels")
        b.apis["shop"] = replace(b.apis["shop"], contract=found, policies={"upload": Policy()})
        return b

    return make


async def test_a_file_is_sent_the_same_over_retries(uploads: Make) -> None:
    """Its bytes, their boundary and the key."""
    b = uploads()
    answers = iter([Answer(500, {}, b"", 1.0), Answer(200, {}, b"{}", 1.0)])
    b.transport.script = lambda _: next(answers)
    await b.submit(1, "upload", body={"photo": {"$file": "a.png"}})
    await b.work()
    first, second = b.transport.requests
    assert isinstance(first.body, bytes)
    assert b"pixels" in first.body
    assert (first.body, dict(first.headers)) == (second.body, dict(second.headers))
    assert await b.states() == {State.DELIVERED: 1}
    b.check_that_nothing_is_left()


async def test_a_file_that_goes_while_its_job_waits_refuses_the_job(uploads: Make, tmp_path: Path) -> None:
    """Nothing is sent, and its budget is another's."""
    b = uploads(limits={"shop": [from_settings(LimitSettings(rate=10, per_s=1, cost="tokens", burst=1))]})
    (tmp_path / "photos" / "b.png").write_bytes(b"other")

    def answer(_: Request) -> Reply:
        (tmp_path / "photos" / "b.png").unlink()
        return Answer(200, {}, b"{}", 1.0)

    b.transport.script = answer
    await b.submit(1, "upload", body={"photo": {"$file": "a.png"}}, cost={"tokens": 1})
    await b.submit(1, "upload", body={"photo": {"$file": "b.png"}}, cost={"tokens": 1})
    await b.work()
    assert len(b.transport.requests) == 1
    assert await b.states() == {State.DELIVERED: 1, State.DEAD: 1}
    (dead,) = [event for event in b.events if isinstance(event, JobDied)]
    assert (dead.problem.cause, dead.problem.stage) == (Cause.INVALID, "validate")
    assert [fault.pointer for fault in dead.problem.faults] == ["#/body/photo"]
    b.check_that_nothing_is_left()
