"""What tests of credentials share: a token endpoint that follows a script, and a request to put credentials on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import orjson
import pytest

from worker.outcome import Answer, Broken, Reply, Request
from worker.settings.secret import Secret
from worker.testing import ManualClock


class TokenEndpoint:
    """A transport that gives out ``token-1``, ``token-2`` and so on, as long as no ``reply`` is set.

    Attributes:
        reply: what it answers instead.
        gives: members of every good answer.
        delay_s: how long it takes.
        requests: every request that was sent, in order.
        times: when, in the clock's monotonic seconds.
    """

    def __init__(self, clock: ManualClock) -> None:
        self.reply: Reply | None = None
        self.gives: dict[str, Any] = {"token_type": "Bearer", "expires_in": 100}
        self.delay_s = 0.0
        self.requests: list[Request] = []
        self.times: list[float] = []
        self.closed = False
        self._clock = clock

    async def send(self, request: Request) -> Reply:
        """See ``ports.Transport``."""
        self.requests.append(request)
        self.times.append(self._clock.monotonic())
        number = len(self.requests)
        await self._clock.sleep(self.delay_s)
        given = {"access_token": f"token-{number}", **self.gives}
        return self.reply or Answer(200, {}, orjson.dumps(given), 1.0)

    async def close(self) -> None:
        """See ``ports.Transport``."""
        self.closed = True

    @property
    def forms(self) -> list[dict[str, str]]:
        """What was asked for, each time."""
        return [dict(parse_qsl((request.body or b"").decode())) for request in self.requests]  # type: ignore[union-attr]


def denial(status: int, error: str = "", **headers: str) -> Answer:
    """No token, with an error's code."""
    return Answer(status, headers, orjson.dumps({"error": error}) if error else b"", 1.0)


AWAY = Broken("unreachable", sent=False, detail="no connection: connection refused", elapsed_ms=1.0)


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still."""
    return ManualClock()


@pytest.fixture
def tokens(clock: ManualClock) -> TokenEndpoint:
    """A token endpoint."""
    return TokenEndpoint(clock)


@pytest.fixture
def secret_file(tmp_path: Path) -> Callable[[str], Secret]:
    """Write a secret's file, and have the secret as the config has it; written again, it has another content."""
    path = tmp_path / "token"

    def write(text: str) -> Secret:
        path.unlink(missing_ok=True)  # as those do who replace a file: another file of the same name
        path.write_text(text + "\n")
        return Secret(text, f"file:{path}", (path,))

    return write
