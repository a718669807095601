from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.auth.conftest import TokenEndpoint
from worker.auth.fetched import Fetched
from worker.auth.keyring import Keyring, from_settings
from worker.errors import ConfigError
from worker.settings import ApiSettings, BearerAuth, MtlsAuth, NoAuth, OAuth2Auth
from worker.settings.secret import Secret
from worker.testing import ManualClock

Make = Callable[..., Keyring]


def _bearer(token: str) -> BearerAuth:
    return BearerAuth(Secret(token, "env:T"))


@pytest.fixture
def ring(tokens: TokenEndpoint, clock: ManualClock) -> Make:
    """The keyring of an API."""

    def made(**settings: Any) -> Keyring:
        return from_settings(replace(ApiSettings("shop"), **settings), lambda: tokens, clock)

    return made


def test_a_job_travels_with_the_credential_of_its_key(ring: Make) -> None:
    """And with the API's own where its key has none, or it has no key."""
    one = ring(auth=_bearer("default"), credentials={"a": _bearer("token-a"), "b": _bearer("token-b")})
    used = [one.keeper(key).worn.headers["Authorization"] for key in ("a", "b", "c", None, "")]
    assert used == ["Bearer token-a", "Bearer token-b", "Bearer default", "Bearer default", "Bearer default"]


def test_as_much_stands_still_as_a_credential_serves(ring: Make) -> None:
    """The whole API, or the jobs of one key, or of none."""
    assert ring().level == "api"
    assert ring(credentials={"a": _bearer("x")}).level == "credential"


async def test_each_client_has_tokens_of_its_own(ring: Make, tokens: TokenEndpoint) -> None:
    """From its own endpoint."""
    client = OAuth2Auth("https://login.example/token", "shop", Secret("x", "env:X"))
    one = ring(credentials={"a": client, "b": client})
    assert isinstance(one.keeper("a"), Fetched)
    assert await one.keeper("a").take() != await one.keeper("b").take()
    assert not one.default.asks
    await one.close()
    assert tokens.closed


async def test_the_keepers_whose_file_was_written_are_told(ring: Make, secret_file: Callable[[str], Secret]) -> None:
    """And not the others."""
    one = ring(auth=NoAuth(), credentials={"a": BearerAuth(secret_file("first")), "b": _bearer("x")})
    assert await one.renewed() == []
    secret_file("second")
    assert await one.renewed() == [one.keeper("a")]


def test_a_client_certificate_is_not_chosen_by_key(ring: Make) -> None:
    """It belongs to a connection, which serves every job."""
    with pytest.raises(ConfigError, match=r"apis\.shop\.credentials\.a\.type is mtls"):
        ring(credentials={"a": MtlsAuth(Path("a.pem"))})
