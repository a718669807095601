"""The sandbox on a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from worker.errors import UsageError
from worker.sandbox import Behaviour, Contract, Sandbox, serve
from worker.sandbox.credentials import Accepted
from worker.sandbox.limits import Limit
from worker.sandbox.misbehaviour import Rule

ORDERS = "/shops/ulm/orders"
BEARER = {"Authorization": "Bearer good"}

Said = tuple[int, dict[str, str], bytes]
Post = Callable[..., Any]


class Caller:
    """Talks to one sandbox."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self.url = url

    async def __call__(self, method: str, path: str, **options: Any) -> Said:
        """Status, headers and body of the answer; as the demo shop's good customer unless ``headers`` say otherwise."""
        options.setdefault("headers", BEARER)
        async with self._session.request(method, self.url + path, **options) as response:
            return response.status, dict(response.headers), await response.read()

    async def counts(self) -> dict[str, Any]:
        """What the sandbox has counted."""
        async with self._session.get(self.url + "/__sandbox__/counts") as response:
            counts: dict[str, Any] = await response.json()
            return counts


@asynccontextmanager
async def calling(sandbox: Sandbox) -> AsyncIterator[Caller]:
    """A sandbox that listens, and somebody to talk to it."""
    running = await serve(sandbox)
    try:
        async with aiohttp.ClientSession() as session:
            yield Caller(session, running.url)
    finally:
        await running.close()


async def test_each_status_comes_over_the_wire_and_is_counted(
    demo: Contract, order: dict[str, Any], clock: Any
) -> None:
    """201, 400, 401, 403, 404, 405, 415, 422, 429, 500 and 503, each once."""
    behaviour = Behaviour(
        credentials={"shopToken": Accepted(frozenset({"good"}), frozenset({"banned"}))},
        limits=(Limit(6, 60.0),),
        faults=(Rule(path="/shops/five/*", status=500), Rule(path="/shops/three/*", status=503, retry_after_s=1.0)),
    )
    async with calling(Sandbox(demo, behaviour, clock)) as call:
        said = [
            await call("POST", ORDERS, json=order),
            await call("POST", ORDERS, data=b"{", headers={**BEARER, "Content-Type": "application/json"}),
            await call("POST", ORDERS, json=order, headers={}),
            await call("POST", ORDERS, json=order, headers={"Authorization": "Bearer banned"}),
            await call("POST", "/nowhere", json=order),
            await call("PUT", ORDERS, json=order),
            await call("POST", ORDERS, data=b"sku", headers={**BEARER, "Content-Type": "text/plain"}),
            await call("POST", ORDERS, json={**order, "qty": 0}),
            await call("POST", "/shops/five/orders", json=order),
            await call("POST", "/shops/three/orders", json=order),
            await call("POST", ORDERS, json=order),
        ]
        counts = await call.counts()
    expected = [201, 400, 401, 403, 404, 405, 415, 422, 500, 503, 429]
    assert [status for status, _, _ in said] == expected
    assert all(headers["Content-Type"] == "application/problem+json" for _, headers, _ in said[1:])
    assert said[-1][1]["Retry-After"] == "60"
    assert counts == {
        "requests": 11,
        "statuses": {str(status): 1 for status in sorted(expected)},
        "operations": {"createOrder": {str(status): 1 for status in sorted(expected) if status not in (404, 405)}},
        "dropped": 0,
        "replayed": 0,
        "connections": counts["connections"],
        "peak_per_window": 6,
    }


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_dropped_connection_has_no_answer(demo: Contract, order: dict[str, Any], when: Any) -> None:
    """The client sees the connection end; the order is delivered once in the end either way."""
    behaviour = Behaviour(idempotency_header="Idempotency-Key", faults=(Rule(first=1, drop=when),))
    keyed = {**BEARER, "Idempotency-Key": "k"}
    async with calling(Sandbox(demo, behaviour)) as call:
        with pytest.raises(aiohttp.ClientConnectionError):
            await call("POST", ORDERS, json=order, headers=keyed)
        status, headers, _ = await call("POST", ORDERS, json=order, headers=keyed)
        counts = await call.counts()
    assert status == 201
    assert ("Idempotent-Replayed" in headers) == (when == "after")
    assert (counts["dropped"], counts["statuses"]) == (1, {"201": 1})


async def test_a_slow_answer_waits_and_then_drips(demo: Contract, clock: Any) -> None:
    """A pause before, and one after each byte, on the clock that the sandbox was given."""
    sandbox = Sandbox(demo, Behaviour(faults=(Rule(delay_s=2.0, drip_s=0.5),)), clock)
    async with calling(sandbox) as call:
        status, _, body = await call("GET", ORDERS)
    assert status == 200
    assert json.loads(body) == {"orders": []}
    assert clock.slept == [2.0] + [0.5] * len(body)


async def test_a_client_that_leaves_a_dripping_answer_harms_nobody(demo: Contract) -> None:
    """The next one is served."""
    rule = Rule(first=1, drip_s=0.001)
    async with calling(Sandbox(demo, Behaviour(faults=(rule,)))) as call:
        async with aiohttp.ClientSession() as leaver, leaver.get(call.url + ORDERS, headers=BEARER) as response:
            await response.content.readexactly(1)
            response.close()
        status, _, _ = await call("GET", ORDERS)
    assert status == 200


async def test_reset_begins_anew(demo: Contract, order: dict[str, Any], clock: Any) -> None:
    """Counts, limits, keys, attempts and what was remembered."""
    behaviour = Behaviour(
        limits=(Limit(2, 60.0),), faults=(Rule(first=1, status=500),), idempotency_header="Idempotency-Key"
    )
    keyed = {**BEARER, "Idempotency-Key": "k"}

    async with calling(Sandbox(demo, behaviour, clock, remember=True)) as call:
        first = [(await call("POST", ORDERS, json=order, headers=keyed))[0] for _ in range(3)]
        assert (await call("POST", "/__sandbox__/reset"))[0] == 204
        assert (await call.counts())["requests"] == 0
        assert (await call("GET", "/__sandbox__/requests"))[2] == b""
        again = [(await call("POST", ORDERS, json=order, headers=keyed))[0] for _ in range(3)]
        assert (await call.counts())["replayed"] == 0
    assert first == again == [500, 201, 429]


async def test_what_was_seen_can_be_read_back(demo: Contract, order: dict[str, Any], clock: Any) -> None:
    """A JSON line per request, in order, with what became of it."""
    behaviour = Behaviour(
        idempotency_header="Idempotency-Key", faults=(Rule(first=1, drop="after", operation="createOrder"),)
    )
    async with calling(Sandbox(demo, behaviour, clock, remember=True)) as call:
        with pytest.raises(aiohttp.ClientConnectionError):
            await call("POST", ORDERS, json=order, headers={**BEARER, "Idempotency-Key": "k"})
        await call("POST", ORDERS, json=order, headers={**BEARER, "Idempotency-Key": "k"})
        await call("GET", "/nowhere?a=1")
        _, headers, body = await call("GET", "/__sandbox__/requests")
    assert headers["Content-Type"] == "application/jsonl"
    lines = [json.loads(line) for line in body.splitlines()]
    assert [(line["n"], line["operation"], line["status"], line["key"]) for line in lines] == [
        (1, "createOrder", None, "k"),
        (2, "createOrder", 201, "k"),
        (3, None, 404, None),
    ]
    assert [line["processed"] for line in lines] == [True, False, False]
    assert [line["replayed"] for line in lines] == [False, True, False]
    assert lines[0]["body"] == order
    assert lines[0]["body_sha256"] == lines[1]["body_sha256"]
    assert (lines[2]["path"], lines[2]["query"], lines[2]["at"]) == ("/nowhere", "a=1", "2027-01-15T08:00:00.000Z")


async def test_thousands_of_requests_are_remembered_in_order(demo: Contract) -> None:
    """More than one page of lines."""
    async with calling(Sandbox(demo, remember=True)) as call:
        for _ in range(1100):
            await call("GET", "/nowhere")
        _, _, body = await call("GET", "/__sandbox__/requests")
    assert [json.loads(line)["n"] for line in body.splitlines()] == list(range(1, 1101))


async def test_nothing_is_remembered_unasked(demo: Contract) -> None:
    """And the answer says how to ask; other control paths are 404 too, and none is counted."""
    async with calling(Sandbox(demo)) as call:
        status, _, body = await call("GET", "/__sandbox__/requests")
        assert (await call("PUT", "/__sandbox__/counts"))[0] == 404
        assert (await call.counts())["requests"] == 0
    assert status == 404
    assert b"--remember" in body


async def test_connections_are_counted_as_they_are_opened(demo: Contract) -> None:
    """Fifty requests one after another over a pool are one connection."""
    async with calling(Sandbox(demo)) as call:
        for _ in range(50):
            await call("GET", ORDERS)
        counts = await call.counts()
    assert counts["connections"] == 1


async def test_requests_at_once_are_all_counted(demo: Contract, order: dict[str, Any]) -> None:
    """Under concurrency the sums agree."""
    behaviour = Behaviour(faults=(Rule(every=10, status=503),))
    async with calling(Sandbox(demo, behaviour)) as call:
        said = await asyncio.gather(*(call("POST", ORDERS, json={**order, "qty": qty}) for qty in range(1, 101)))
        counts = await call.counts()
    assert counts["statuses"] == {"201": 90, "503": 10}
    assert sorted(status for status, _, _ in said).count(503) == 10


async def test_a_body_that_cannot_be_unpacked_is_400(demo: Contract) -> None:
    """Content-Encoding says gzip, and it is not."""
    headers = {**BEARER, "Content-Encoding": "gzip", "Content-Type": "application/json"}
    async with calling(Sandbox(demo)) as call:
        status, _, _ = await call("POST", ORDERS, data=b"not gzip", headers=headers)
    assert status == 400


async def test_a_repeated_header_is_one_list(demo: Contract) -> None:
    """As HTTP says; so two values of an enum are neither."""
    headers = [("Authorization", "Bearer good"), ("X-Channel", "web"), ("X-Channel", "web")]
    async with calling(Sandbox(demo)) as call:
        status, _, body = await call("POST", ORDERS, json={}, headers=headers)
    assert status == 422
    assert b"web, web" in body


async def test_a_prefix_is_part_of_the_url(demo: Contract) -> None:
    """Control paths are found behind it and at the root."""
    sandbox = Sandbox(demo, prefix="/v2")
    async with calling(sandbox) as call:
        assert call.url.endswith("/v2")
        assert (await call("GET", ORDERS))[0] == 200
        assert (await call.counts())["requests"] == 1
        call.url = call.url.removesuffix("/v2")
        assert (await call.counts())["requests"] == 1


async def test_a_port_that_is_taken_is_a_clear_error(demo: Contract) -> None:
    """Not a traceback."""
    running = await serve(Sandbox(demo))
    port = int(running.url.rpartition(":")[2])
    with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{port}"):
        await serve(Sandbox(demo), port=port)
    await running.close()


async def test_closing_ends_open_connections(demo: Contract) -> None:
    """Nobody listens afterwards."""
    running = await serve(Sandbox(demo))
    async with aiohttp.ClientSession() as session:
        async with session.get(running.url + ORDERS, headers=BEARER) as response:
            assert response.status == 200
        await running.close()
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(running.url + ORDERS)
