"""Credentials that are refused, fetched and renewed while a worker runs: the lane stops, and not its jobs."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.auth.conftest import TokenEndpoint, denial
from worker.auth.fetched import Fetched
from worker.auth.keeper import Keeper, Kept
from worker.auth.keyring import Keyring
from worker.engine.renewal import Renewal
from worker.engine.runner import Runner
from worker.events import LaneStopped
from worker.job import Scope, Standstill, State, Stop
from worker.limits.budget import from_settings
from worker.outcome import Answer, Reply, Request
from worker.settings import BearerAuth, HmacAuth, LimitSettings, NoAuth, OAuth2Auth
from worker.settings.secret import Secret
from worker.stages.judge import Policy

Make = Callable[..., Any]


_AUTH = OAuth2Auth("https://login.example/token", "shop", Secret("hunter22", "env:S"))


@asynccontextmanager
async def _working(shop: Any) -> AsyncIterator[None]:
    """Work without an end, until the block ends."""
    task = asyncio.create_task(shop.runner.run())
    yield
    shop.runner.stop()
    await shop.clock.run_until(task)


def _unless(*tokens: str) -> Callable[[Request], Reply]:
    """An API that refuses these."""

    def script(request: Request) -> Reply:
        refused = request.headers.get("Authorization", "").removeprefix("Bearer ") in (*tokens, "")
        return Answer(401 if refused else 200, {}, b"{}", 1.0)

    return script


def _hold(shop: Any, keeper: Keeper, by_key: dict[str, Keeper] | None = None) -> None:
    """Give the bench's API a keyring; it is as frozen as any."""
    api = shop.apis["shop"]
    object.__setattr__(api, "keyring", Keyring(keeper, by_key or {}))


def _stops(shop: Any) -> list[LaneStopped]:
    return [event for event in shop.events if isinstance(event, LaneStopped)]


async def test_a_refused_token_is_replaced_and_no_job_is_charged(bench: Make) -> None:
    """All requests in flight are refused, and all their jobs sent again with the token that one request brings."""
    shop = bench(max_attempts=1)
    tokens = TokenEndpoint(shop.clock)
    _hold(shop, Fetched(_AUTH, tokens, shop.clock))
    shop.transport.script = _unless("token-1")
    await shop.submit(20)
    await shop.work()
    assert await shop.states() == {State.DELIVERED: 20}
    assert len(tokens.requests) == 2
    assert len(shop.transport.requests) <= 20 + 4
    assert _stops(shop) == []
    shop.check_that_nothing_is_left()


async def test_a_token_that_is_refused_twice_stops_the_lane(bench: Make) -> None:
    """One alert, no job charged."""
    shop = bench(max_attempts=1)
    tokens = TokenEndpoint(shop.clock)
    _hold(shop, Fetched(_AUTH, tokens, shop.clock))
    shop.transport.script = _unless("token-1", "token-2", "token-3")
    await shop.submit(20)
    await shop.work()
    assert await shop.states() == {State.READY: 20}
    assert [(one.stop.scope, one.stop.kind) for one in _stops(shop)] == [(Scope("shop"), Standstill.UNAUTHORISED)]
    assert len(tokens.requests) == 2
    shop.check_that_nothing_is_left()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (denial(401, "invalid_client"), Standstill.UNAUTHORISED),
        (denial(503), Standstill.UNREACHABLE),
    ],
)
async def test_without_a_token_nothing_is_sent(bench: Make, reply: Answer, kind: Standstill) -> None:
    """What keeps the token away is why the lane stands still; an endpoint that comes back lets it go on."""
    shop = bench()
    tokens = TokenEndpoint(shop.clock)
    _hold(shop, Fetched(_AUTH, tokens, shop.clock))
    tokens.reply = reply
    await shop.submit(5)
    async with _working(shop):
        await shop.clock.run_for(20)
        assert shop.transport.requests == []
        assert await shop.states() == {State.READY: 5}
        assert {one.stop.kind for one in _stops(shop)} == {kind}
        assert _stops(shop)[0].stop.reason.startswith("no token from login.example: ")
        tokens.reply = None
        await shop.clock.run_for(60)
    assert await shop.states() == {State.DELIVERED: 5}


async def test_tokens_that_end_every_two_seconds_waste_no_request(bench: Make) -> None:
    """Each is replaced ahead of its end: not one is refused, and one request brings the next for all who need it."""
    shop = bench(limits={"shop": [from_settings(LimitSettings(40, 1))]})
    tokens = TokenEndpoint(shop.clock)
    tokens.gives["expires_in"], tokens.delay_s, shop.transport.delay_s = 2, 0.05, 0.1
    _hold(shop, Fetched(_AUTH, tokens, shop.clock))

    def script(request: Request) -> Reply:
        number = int(request.headers["Authorization"].removeprefix("Bearer token-"))
        ended = shop.clock.monotonic() >= tokens.times[number - 1] + 2
        return Answer(401 if ended else 200, {}, b"{}", 1.0)

    shop.transport.script = script
    await shop.submit(200)
    await shop.work()
    assert await shop.states() == {State.DELIVERED: 200}
    assert len(shop.transport.requests) == 200
    assert 3 <= len(tokens.requests) <= 4  # five seconds' worth, and each is good for one and a half


async def test_a_refused_credential_is_tried_once_a_minute_and_told_once(bench: Make) -> None:
    """By one job; every job is as it was."""
    shop = bench(max_attempts=1)
    _hold(shop, Kept(BearerAuth(Secret("token-1", "env:T")), shop.clock))
    shop.transport.script = lambda _: Answer(401, {}, b"", 1.0)
    await shop.submit(20)
    async with _working(shop):
        await shop.clock.run_for(0.5)
        sent = len(shop.transport.requests)
        await shop.clock.run_for(300)
    assert sent <= 4
    assert sent + 4 <= len(shop.transport.requests) <= sent + 5
    assert len(_stops(shop)) == 1
    assert _stops(shop)[0].stop.reason == "401 Unauthorized: the API does not accept the credential of env:T"


async def test_a_file_that_is_renewed_lets_the_lane_go_on(bench: Make, tmp_path: Path) -> None:
    """Within a second, and not at the end of the minute."""
    shop, path = bench(), tmp_path / "token"
    path.write_text("token-1")
    secret = Secret("token-1", f"file:{path}", (path,))
    _hold(shop, Kept(BearerAuth(secret), shop.clock))
    shop.transport.script = _unless("token-1")
    renewal = Renewal(shop.apis, shop.gates, shop.bus, shop.clock)
    await shop.submit(20)
    async with _working(shop):
        await shop.clock.run_for(5)
        await renewal.look()
        assert shop.gates.stops()
        path.unlink()
        path.write_text("token-2")
        await shop.clock.run_for(1)
        await renewal.look()
        assert shop.gates.stops() == []
        await shop.clock.run_for(5)
    assert await shop.states() == {State.DELIVERED: 20}
    assert shop.told().count("LaneOpened") == 1


async def test_a_run_ends_that_can_no_longer_look_after_its_credentials(bench: Make) -> None:
    """A bug of ours must not leave a worker behind that never sees a renewed file."""

    class Broken(Kept):
        def look(self) -> None:
            raise RuntimeError("a bug")

    shop = bench()
    _hold(shop, Broken(NoAuth(), shop.clock))
    renewal = Renewal(shop.apis, shop.gates, shop.bus, shop.clock)
    runner = Runner(replace(shop.runner._parts, renewal=renewal), shop.times)
    with pytest.raises(RuntimeError, match="a bug"):
        await shop.clock.run_until(runner.run())


async def test_jobs_without_a_key_stand_still_alone(bench: Make) -> None:
    """Theirs is one of several credentials: those of other keys have another."""
    shop = bench(max_attempts=1)
    keyed = Kept(BearerAuth(Secret("good", "env:GOOD")), shop.clock)
    _hold(shop, Kept(BearerAuth(Secret("bad", "env:BAD")), shop.clock), {"a": keyed})
    object.__setattr__(
        shop.apis["shop"], "policies", dict.fromkeys(("post", "put"), Policy(credential_by="credential"))
    )
    answers = {None: 401, "b": 401, "a": 200}
    shop.transport.script = lambda request: Answer(answers[request.headers.get("X-Key")], {}, b"{}", 1.0)
    await shop.submit(5)
    for key in ("a", "b"):
        await shop.submit(5, key=key, headers={"X-Key": key})
    await shop.work()
    assert await shop.states() == {State.READY: 10, State.DELIVERED: 5}
    assert {str(stop.scope) for stop in shop.gates.stops()} == {"shop/*/(no key)", "shop/*/b"}
    assert len(shop.transport.requests) <= 5 + 4 + 1


async def test_one_refused_credential_is_told_once_however_many_keys_share_it(bench: Make) -> None:
    """The lanes of each key stand still, as those of keys with a credential of their own do not; an alert is one."""
    shop = bench(max_attempts=1)
    keyed = Kept(BearerAuth(Secret("good", "env:GOOD")), shop.clock)
    _hold(shop, Kept(BearerAuth(Secret("bad", "env:BAD")), shop.clock), {"own": keyed})
    object.__setattr__(
        shop.apis["shop"], "policies", dict.fromkeys(("post", "put"), Policy(credential_by="credential"))
    )
    shop.transport.script = lambda _: Answer(401, {}, b"{}", 1.0)
    for number in range(50):
        await shop.submit(1, key=f"k{number}")
    async with _working(shop):
        await shop.clock.run_for(200)
    assert len(shop.gates.stops()) == 50
    assert len(_stops(shop)) == 1


async def test_a_worker_that_starts_tries_the_credential_that_it_has(bench: Make) -> None:
    """What another one found out was about the credential of then; what it found out otherwise still holds."""
    shop = bench()
    standing = (("shop", Standstill.UNAUTHORISED), ("shop", Standstill.PAUSED), ("other", Standstill.UNAUTHORISED))
    await shop.store.stops.put([Stop(Scope(api), kind, "because", shop.clock.now() - 5) for api, kind in standing])
    await Renewal(shop.apis, shop.gates, shop.bus, shop.clock).begin(shop.store.stops)
    assert {(stop.scope.api, stop.kind) for stop in await shop.store.stops.all()} == {
        ("shop", Standstill.PAUSED),
        ("other", Standstill.UNAUTHORISED),
    }


@pytest.mark.parametrize(
    ("written_s", "since_s", "until_s", "lifted"),
    [(-20, -10, 50, False), (-20, -70, -10, True), (-5, -10, 50, True)],
    ids=["the same credential", "may be tried by now", "written since"],
)
async def test_a_worker_that_starts_leaves_stops_of_the_same_credential_alone(
    bench: Make,
    tmp_path: Path,
    written_s: float,
    since_s: float,
    until_s: float,
    lifted: bool,  # noqa: FBT001
) -> None:
    """A file says how old it is: others that work the queue wait for the same minute, and logins lock accounts."""
    shop, path = bench(), tmp_path / "token"
    now = shop.clock.now()
    path.write_text("token-1")
    os.utime(path, (now + written_s, now + written_s))
    _hold(shop, Kept(BearerAuth(Secret("token-1", f"file:{path}", (path,))), shop.clock))
    await shop.store.stops.put([Stop(Scope("shop"), Standstill.UNAUTHORISED, "", now + since_s, now + until_s)])
    await Renewal(shop.apis, shop.gates, shop.bus, shop.clock).begin(shop.store.stops)
    assert (await shop.store.stops.all() == []) is lifted


async def test_each_attempt_is_signed_when_it_leaves(bench: Make) -> None:
    """With its own time; a retry is another signature over the same bytes."""
    shop = bench()
    auth = HmacAuth(Secret("key", "env:K"), "X-Signature", content="{timestamp}.{body}", timestamp_header="X-Time")
    _hold(shop, Kept(auth, shop.clock))
    replies = iter([Answer(503, {"retry-after": "7"}, b"", 1.0), Answer(200, {}, b"{}", 1.0)])
    shop.transport.script = lambda _: next(replies)
    await shop.submit(1)
    await shop.work()
    first, again = shop.transport.requests
    assert first.body == again.body
    assert first.headers["X-Time"] < again.headers["X-Time"]
    assert first.headers["X-Signature"] != again.headers["X-Signature"]
