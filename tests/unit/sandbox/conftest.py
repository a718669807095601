"""A clock that stands still, the demo's contract, and a way to ask a sandbox without a socket."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pytest

from worker import resources
from worker.sandbox import Contract, Sandbox
from worker.sandbox.received import Received
from worker.sandbox.sandbox import Decision

Ask = Callable[..., Decision]


class StandingClock:
    """Time moves only when somebody waits or a test says so."""

    def __init__(self) -> None:
        self.at = 1_800_000_000.0
        self.slept: list[float] = []

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.at

    def monotonic(self) -> float:
        """The same."""
        return self.at

    async def sleep(self, seconds: float) -> None:
        """Jump."""
        self.slept.append(seconds)
        self.at += seconds

    def random(self) -> float:
        """Always the middle."""
        return 0.5

    def token(self) -> str:
        """Always the same."""
        return "0" * 32


@pytest.fixture
def clock() -> StandingClock:
    """A clock that a test moves."""
    return StandingClock()


@pytest.fixture(scope="session")
def demo() -> Contract:
    """The demo shop's contract."""
    return Contract.read(resources.path("schemas/demo.openapi.yaml"))


@pytest.fixture
def order() -> dict[str, Any]:
    """An order that the demo shop takes."""
    return {"sku": "BIKE-100", "qty": 2, "currency": "EUR", "email": "ada@example.com", "delivery": "2026-12-24"}


@pytest.fixture
def ask() -> Ask:
    """Hand a request to a sandbox: ``ask(sandbox, "POST", "/path?query", body, headers)``; a dict body goes as JSON."""

    def asking(
        sandbox: Sandbox, method: str, target: str, body: Any = b"", headers: Mapping[str, str] | None = None
    ) -> Decision:
        path, _, query = target.partition("?")
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        sent = {"authorization": "Bearer any", **({"content-type": "application/json"} if content else {})}
        sent.update({name.lower(): value for name, value in (headers or {}).items()})
        return sandbox.decide(Received(method, path, query, sent, content))

    return asking
