import asyncio
from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.unit.auth.conftest import AWAY, TokenEndpoint, denial
from worker.auth.credential import Credential, StaticCredential
from worker.auth.fetched import Fetched
from worker.auth.keeper import Stopped
from worker.job import Standstill
from worker.outcome import Answer
from worker.settings import OAuth2Auth
from worker.settings.secret import Secret
from worker.testing import ManualClock

Make = Callable[..., Fetched]

_SAID: Final = "401 Unauthorized: the API does not accept the credential"
_CLIENT_SECRET: Final = Secret("client-secret-1", "env:SHOP_SECRET")


@pytest.fixture
def make(tokens: TokenEndpoint, clock: ManualClock) -> Make:
    """A keeper of tokens."""

    def fetched(secret: Secret = _CLIENT_SECRET, **settings: Any) -> Fetched:
        return Fetched(OAuth2Auth("https://login.example/token", "shop", secret, **settings), tokens, clock)

    return fetched


async def _taken(fetched: Fetched) -> Credential:
    taken = await fetched.take()
    assert not isinstance(taken, Stopped)
    return taken


async def _token(fetched: Fetched) -> str:
    taken = await _taken(fetched)
    assert isinstance(taken, StaticCredential)
    return taken.headers["Authorization"].removeprefix("Bearer ")


async def _stopped(fetched: Fetched) -> Stopped:
    stopped = await fetched.take()
    assert isinstance(stopped, Stopped)
    return stopped


async def test_all_who_wait_share_one_request(make: Make, tokens: TokenEndpoint, clock: ManualClock) -> None:
    """And nothing is asked for before the first needs it."""
    fetched = make()
    assert tokens.requests == []
    tokens.delay_s = 1.0
    taken = await clock.run_until(asyncio.gather(*(_token(fetched) for _ in range(50))))
    assert set(taken) == {"token-1"}
    assert len(tokens.requests) == 1


async def test_who_is_cancelled_does_not_cancel_the_others(
    make: Make, tokens: TokenEndpoint, clock: ManualClock
) -> None:
    """The request belongs to nobody."""
    fetched = make()
    tokens.delay_s = 1.0
    first, second = asyncio.ensure_future(_token(fetched)), asyncio.ensure_future(_token(fetched))
    await clock.run_for(0.5)
    first.cancel()
    assert await clock.run_until(second) == "token-1"
    assert len(tokens.requests) == 1


async def test_a_token_is_replaced_ahead_of_its_end_and_nobody_waits(
    make: Make, tokens: TokenEndpoint, clock: ManualClock
) -> None:
    """``early`` seconds before, at most a quarter of its life; the old one is used meanwhile."""
    fetched = make(early_s=10.0)
    assert await _token(fetched) == "token-1"
    clock.advance(89)
    assert await _token(fetched) == "token-1"
    assert len(tokens.requests) == 1
    clock.advance(1)
    tokens.delay_s = 3.0
    assert await _token(fetched) == "token-1"
    await clock.run_for(3)
    assert await _token(fetched) == "token-2"
    assert len(tokens.requests) == 2


async def test_a_token_that_ends_is_waited_for(make: Make, tokens: TokenEndpoint, clock: ManualClock) -> None:
    """No request leaves with one that ends under way."""
    fetched = make()
    await _token(fetched)
    clock.advance(99)
    tokens.delay_s = 3.0
    assert await clock.run_until(_token(fetched)) == "token-2"


@pytest.mark.parametrize("life_s", [0.1, 1, 2, 3])
async def test_tokens_of_seconds_are_used_for_most_of_their_life(
    make: Make, tokens: TokenEndpoint, clock: ManualClock, life_s: float
) -> None:
    """Although ``early`` is a minute: a client that asks for each request anew would be shut out."""
    tokens.gives = {"expires_in": life_s}
    fetched = make()
    await _token(fetched)
    clock.advance(0.7 * max(life_s, 1.0))
    await _token(fetched)
    assert len(tokens.requests) == 1
    clock.advance(0.3 * max(life_s, 1.0))
    assert await _token(fetched) == "token-2"


async def test_a_refused_token_is_replaced_once(make: Make, tokens: TokenEndpoint) -> None:
    """It may have been revoked. However many requests it was refused to."""
    fetched = make()
    used = await _taken(fetched)
    assert [fetched.refused(used, _SAID) for _ in range(9)] == [None] * 9
    assert await _token(fetched) == "token-2"
    assert fetched.refused(used, _SAID) is None
    assert len(tokens.requests) == 2


async def test_a_token_that_is_refused_again_stops(make: Make, tokens: TokenEndpoint, clock: ManualClock) -> None:
    """Until one job may find out, with yet another token; that one is not replaced when it is refused."""
    fetched = make()
    for _ in range(2):
        stopped = fetched.refused(await _taken(fetched), _SAID)
    assert stopped == Stopped(f"{_SAID} of shop (env:SHOP_SECRET)")
    assert (await _stopped(fetched)).reason == stopped.reason
    assert len(tokens.requests) == 2
    clock.advance(60)
    assert fetched.refused(await _taken(fetched), _SAID) is not None
    assert len(tokens.requests) == 3


async def test_tokens_that_end_without_a_word_are_replaced_each_time(make: Make, clock: ManualClock) -> None:
    """An API that accepted one, and then does not, has ended it; one that refuses at once means something else."""
    fetched = make()
    for _ in range(5):
        used = await _taken(fetched)
        fetched.accepted(used)
        clock.advance(2)
        assert fetched.refused(used, _SAID) is None
    used = await _taken(fetched)
    fetched.accepted(used)
    assert fetched.refused(used, _SAID) is not None


@pytest.mark.parametrize(
    ("reply", "kind", "wait_s"),
    [
        (denial(400, "invalid_grant"), Standstill.UNAUTHORISED, 60.0),
        (denial(401, "invalid_client"), Standstill.UNAUTHORISED, 60.0),
        (denial(503), Standstill.UNREACHABLE, 0.5),
        (denial(429, **{"retry-after": "9"}), Standstill.UNREACHABLE, 9.0),
        (denial(503, **{"retry-after": "9000"}), Standstill.UNREACHABLE, 300.0),
        (AWAY, Standstill.UNREACHABLE, 0.5),
        (Answer(200, {}, b"<html>back soon</html>", 1.0), Standstill.UNREACHABLE, 0.5),
        (Answer(200, {}, b"{}", 1.0), Standstill.UNREACHABLE, 0.5),
    ],
)
async def test_what_keeps_tokens_away_stops_and_says_why(
    make: Make, tokens: TokenEndpoint, reply: Any, kind: Standstill, wait_s: float
) -> None:
    """A rejected client needs a person; an endpoint in trouble is asked again soon."""
    tokens.reply = reply
    stopped = await _stopped(make())
    assert (stopped.kind, stopped.wait_s) == (kind, wait_s)
    assert stopped.reason.startswith("no token from login.example: ")


async def test_no_token_is_news_once_for_each_reason(make: Make, tokens: TokenEndpoint, clock: ManualClock) -> None:
    """However many jobs of however many lanes want one; until a request is accepted again."""
    fetched, news = make(), []
    for reply in (denial(503), denial(503), denial(401, "invalid_client"), denial(401, "invalid_client")):
        tokens.reply = reply
        news += [(await _stopped(fetched)).news for _ in range(3)]
        clock.advance(300)
    assert news == [True, *5 * [False], True, *5 * [False]]


async def test_an_endpoint_in_trouble_is_left_alone_for_longer_and_longer(
    make: Make, tokens: TokenEndpoint, clock: ManualClock
) -> None:
    """However many requests want a token meanwhile; then all is as before."""
    fetched, waits = make(), []
    tokens.reply = denial(500)
    for _ in range(8):
        waits.append((await _stopped(fetched)).wait_s)
        await _stopped(fetched)
        clock.advance(waits[-1])
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0]
    assert len(tokens.requests) == 8
    tokens.reply = None
    assert await _token(fetched) == "token-9"


async def test_a_token_that_is_good_is_used_while_the_endpoint_is_in_trouble(
    make: Make, tokens: TokenEndpoint, clock: ManualClock
) -> None:
    """That is what asking early is for."""
    fetched = make(early_s=20.0)
    await _token(fetched)
    tokens.reply = denial(500)
    clock.advance(85)
    for _ in range(10):
        assert await _token(fetched) == "token-1"
    await clock.run_for(0)
    assert await _token(fetched) == "token-1"
    assert len(tokens.requests) == 2
    tokens.reply = None
    clock.advance(1)
    await _token(fetched)
    await clock.run_for(0)
    assert await _token(fetched) == "token-3"


async def test_a_rotated_refresh_token_takes_the_place_of_the_last(
    make: Make, tokens: TokenEndpoint, clock: ManualClock
) -> None:
    """The old one would be taken for stolen."""
    fetched = make(refresh_token=Secret("refresh-0", "env:R"))
    for number in range(1, 4):
        tokens.gives["refresh_token"] = f"refresh-{number}"
        await _token(fetched)
        clock.advance(100)
    assert [form["refresh_token"] for form in tokens.forms] == ["refresh-0", "refresh-1", "refresh-2"]


async def test_a_client_secret_that_is_written_anew_is_used_at_once(
    make: Make, tokens: TokenEndpoint, secret_file: Callable[[str], Secret]
) -> None:
    """And is told, so that whatever stands still can go on."""
    tokens.reply = denial(401, "invalid_client")
    fetched = make(secret_file("old-secret"), style="body")
    await _stopped(fetched)
    fetched.look()
    assert not fetched.renewed()
    secret_file("new-secret")
    tokens.reply = None
    fetched.look()
    assert fetched.renewed()
    assert await _token(fetched) == "token-2"
    assert [form["client_secret"] for form in tokens.forms] == ["old-secret", "new-secret"]


async def test_the_secrets_of_before_are_remembered_for_a_while(make: Make, clock: ManualClock) -> None:
    """Answers to requests that had them may be under way; but a map must not grow with the number of tokens."""
    fetched = make()
    for _ in range(100):
        await _token(fetched)
        clock.advance(100)
    assert set(fetched.secrets) >= {b"token-100", b"token-99", b"token-98", b"client-secret-1"}
    assert b"token-50" not in fetched.secrets
    assert len(fetched.secrets) < 32


async def test_nothing_that_is_shown_holds_a_secret(make: Make) -> None:
    """Neither the client's nor the token."""
    fetched = make()
    shown = f"{fetched!r} {await fetched.take()!r}"
    assert "SHOP_SECRET" in shown
    assert "client-secret-1" not in shown
    assert "token-1" not in shown


async def test_closing_ends_what_is_under_way(make: Make, tokens: TokenEndpoint) -> None:
    """And the connections to the endpoint."""
    fetched = make()
    tokens.delay_s = 10.0
    waiting = asyncio.ensure_future(fetched.take())
    await asyncio.wait({waiting}, timeout=0)
    await fetched.close()
    assert tokens.closed
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_token_that_came_while_a_request_waited_is_the_one_that_it_leaves_with(
    make: Make, tokens: TokenEndpoint, clock: ManualClock
) -> None:
    """Once there is leave to go nothing is waited for; a token that was dropped meanwhile is better than none."""
    fetched = make()
    used = await _taken(fetched)
    assert fetched.newest(used) is used
    clock.advance(100)
    newer = await _taken(fetched)
    assert fetched.newest(used) is newer
    fetched.refused(newer, _SAID)
    assert fetched.newest(newer) is newer
    assert len(tokens.requests) == 2
