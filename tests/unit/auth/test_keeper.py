from collections.abc import Callable
from typing import Final

import pytest

from tests.unit.auth.test_credential import jwt
from worker.auth.credential import StaticCredential
from worker.auth.keeper import REFUSED_S, Kept, Stopped
from worker.settings import ApiKeyAuth, BearerAuth, HmacAuth, NoAuth
from worker.settings.secret import Secret
from worker.testing import ManualClock

SecretFile = Callable[[str], Secret]

_SAID: Final = "401 Unauthorized: the API does not accept the credential"
_FIXED: Final = BearerAuth(Secret("from-the-environment", "env:SHOP_TOKEN", ("from-the-environment",)))


def _renewed(kept: Kept) -> bool:
    """What is done once a second; the first half in a thread."""
    kept.look()
    return kept.renewed()


async def _header(kept: Kept) -> str:
    taken = await kept.take()
    assert isinstance(taken, StaticCredential)
    return taken.headers["Authorization"]


def test_a_credential_of_the_environment_is_put_on_when_a_request_is_made(clock: ManualClock) -> None:
    """It cannot change while a process runs, so nothing is asked when requests leave."""
    kept = Kept(_FIXED, clock)
    assert (kept.moves, kept.asks) == (False, False)
    assert kept.worn.headers == {"Authorization": "Bearer from-the-environment"}


def test_a_file_and_a_signature_are_put_on_when_a_request_leaves(secret_file: SecretFile, clock: ManualClock) -> None:
    """And their headers are nobody else's until then."""
    file = Kept(ApiKeyAuth("X-Key", "header", secret_file("first")), clock)
    signature = Kept(HmacAuth(Secret("k", "env:K"), "X-Signature", timestamp_header="X-Time"), clock)
    for kept, names in ((file, {"X-Key"}), (signature, {"X-Signature", "X-Time"})):
        assert (kept.moves, kept.asks, kept.worn.headers) == (True, True, {})
        assert kept.names == names


async def test_a_file_that_is_written_anew_is_read_when_it_is_looked_at(
    secret_file: SecretFile, clock: ManualClock
) -> None:
    """And not by the requests; both secrets are struck out of answers."""
    kept = Kept(BearerAuth(secret_file("first-token")), clock)
    assert await _header(kept) == "Bearer first-token"
    secret_file("second-token")
    assert await _header(kept) == "Bearer first-token"
    assert _renewed(kept)
    assert await _header(kept) == "Bearer second-token"
    assert set(kept.secrets) == {b"first-token", b"second-token"}


async def test_a_file_that_was_written_since_the_config_was_read_is_read(
    secret_file: SecretFile, clock: ManualClock
) -> None:
    """A start takes a while."""
    auth = BearerAuth(secret_file("first-token"))
    secret_file("second-token")
    kept = Kept(auth, clock)
    assert _renewed(kept)
    assert await _header(kept) == "Bearer second-token"


@pytest.mark.parametrize("broken", ["", "two\nlines"])
async def test_a_file_that_holds_no_credential_changes_nothing(
    secret_file: SecretFile, clock: ManualClock, broken: str
) -> None:
    """Half written, or by mistake: the last good one stays until there is another."""
    kept = Kept(BearerAuth(secret_file("first-token")), clock)
    secret_file(broken)
    assert not _renewed(kept)
    assert await _header(kept) == "Bearer first-token"
    secret_file("second-token")
    assert _renewed(kept)
    assert await _header(kept) == "Bearer second-token"


def test_a_refused_credential_stops(clock: ManualClock) -> None:
    """Once, however many requests in flight are refused; with where it comes from, and without itself."""
    kept = Kept(_FIXED, clock)
    assert kept.refused(None, _SAID) == Stopped(f"{_SAID} of env:SHOP_TOKEN")
    assert [kept.refused(None, _SAID) for _ in range(9)] == [None] * 9


async def test_after_a_refusal_nothing_leaves_until_one_job_may_find_out(clock: ManualClock) -> None:
    """Not in other lanes either: rejected logins lock accounts. What is accepted again is not asked about any more."""
    kept = Kept(_FIXED, clock)
    kept.refused(None, _SAID)
    clock.advance(REFUSED_S - 1)
    stopped = await kept.take()
    assert isinstance(stopped, Stopped)
    assert stopped.reason == f"{_SAID} of env:SHOP_TOKEN"  # whoever hears of it last, a person reads the same
    assert stopped.wait_s == pytest.approx(1.0)
    clock.advance(1)
    probe = await kept.take()
    assert probe == kept.worn
    kept.accepted(probe)
    assert not kept.asks


async def test_a_refusal_is_news_until_the_credential_is_accepted_again(clock: ManualClock) -> None:
    """Once, whosever job hears of it first, and not again when the next one finds out that nothing has changed."""
    kept = Kept(_FIXED, clock)
    first, others = kept.refused(None, _SAID), await kept.take()
    clock.advance(REFUSED_S)
    again = kept.refused(None, _SAID)
    assert [isinstance(one, Stopped) and one.news for one in (first, others, again)] == [True, False, False]
    kept.accepted(kept.worn)
    anew = kept.refused(None, _SAID)
    assert anew is not None
    assert anew.news


async def test_a_refusal_of_what_has_been_replaced_stops_nothing(secret_file: SecretFile, clock: ManualClock) -> None:
    """The request left before: it is sent again. A file is looked at once more before stopping."""
    kept = Kept(BearerAuth(secret_file("first-token")), clock)
    used = await kept.take()
    assert not isinstance(used, Stopped)
    secret_file("second-token")
    assert kept.refused(used, _SAID) is None
    assert kept.refused(used, _SAID) is None
    now = await kept.take()
    assert not isinstance(now, Stopped)
    assert kept.refused(now, _SAID) is not None


async def test_a_refused_file_that_is_written_anew_is_told_once(secret_file: SecretFile, clock: ManualClock) -> None:
    """So that whatever stands still can go on before its time."""
    kept = Kept(BearerAuth(secret_file("first-token")), clock)
    used = await kept.take()
    assert not isinstance(used, Stopped)
    kept.refused(used, _SAID)
    assert not _renewed(kept)
    secret_file("second-token")
    assert _renewed(kept)
    assert not _renewed(kept)
    assert await _header(kept) == "Bearer second-token"


async def test_an_expired_token_in_a_file_stops_until_the_file_has_another(
    secret_file: SecretFile, clock: ManualClock
) -> None:
    """Its jobs are not refused: whoever renews the file may be some seconds late."""
    kept = Kept(BearerAuth(secret_file(jwt({"exp": clock.now() + 1}))), clock)
    stopped = await kept.take()
    assert isinstance(stopped, Stopped)
    assert "expired at 2026-01-01T00:00:01.000Z" in stopped.reason
    good = jwt({"exp": clock.now() + 900})
    secret_file(good)
    assert await _header(kept) == f"Bearer {good}"


def test_no_keeper_shows_a_secret(secret_file: SecretFile, clock: ManualClock) -> None:
    """Nor does an API without a credential need one."""
    assert "first-token" not in repr(Kept(BearerAuth(secret_file("first-token")), clock))
    assert not Kept(NoAuth(), clock).asks
