"""Sites for experiments: the same on a file, on PostgreSQL and on Valkey."""

import os
import random  # noqa: TID251 - seeded: every run hurts in the same order
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.site import API, WORKER, Site
from tests.conftest import Api, Shell
from worker.sandbox import Behaviour

Begin = Callable[..., Site]


@pytest.fixture(params=["sqlite", "postgres", "valkey"])
def site(
    request: pytest.FixtureRequest,
    shell: Shell,
    open_shop: Callable[..., Api],
    orders: Callable[..., list[dict[str, Any]]],
    eventually: Callable[[Callable[[], bool]], None],
) -> Begin:
    """``site(behaviour)``: a queue in each store in turn, on a durable server of its own, and an API."""

    def begin(behaviour: Behaviour, *, api: str = "", within: Path | None = None) -> Site:
        kind = request.param
        server = None if kind == "sqlite" else request.getfixturevalue(f"own_{kind}")(durable=True, within=within)
        shop = open_shop(behaviour, before=WORKER, api=API + api)
        if server is not None:
            shell.environ["PREFLIGHT_QUEUE_URL"] = server.url
        return Site(kind, shell, shop, orders, eventually, server)

    return begin


@pytest.fixture
def dice() -> random.Random:
    """Falls the same in every run."""
    return random.Random(20261)  # noqa: S311 - as above


@pytest.fixture
def times() -> Callable[[int, int], int]:
    """``times(6, 200)``: the first in the suite, the second where ``make chaos`` asks for the long form."""
    long = os.environ.get("PREFLIGHT_CHAOS") == "long"
    return lambda short, many: many if long else short
