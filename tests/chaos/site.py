"""Where an experiment takes place: a queue in a store, an API that remembers every request, and workers."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from tests.chaos.fleet import Fleet
from tests.conftest import Api, Shell
from tests.servers.process import Server

_LONGEST_S: Final = 3600.0  # of the last run, in the long form

_FEW: Final = 400  # jobs: two workers take longer for them than a test from one injury to the next

#: A lease that runs out while a test can wait for it, and a drain that is as short.
WORKER: Final = '[worker]\nlease = "2s"\ndrain = "1s"\n'
API: Final = 'timeout = "1s"\nconnect_timeout = "500ms"\n'


@dataclass
class Site:
    """One queue and one API.

    Attributes:
        kind: of the store.
        server: of the store; None where it is a file.
        injuries: what was done to whom, how often.
        hurt: from when to when, in epoch seconds, outcomes may have been lost.
    """

    kind: str
    shell: Shell
    shop: Api
    orders: Callable[..., list[dict[str, Any]]]
    eventually: Callable[[Callable[[], bool]], None]
    server: Server | None = None
    accepted: int = 0
    injuries: dict[str, int] = field(default_factory=dict)
    hurt: list[tuple[float, float]] = field(default_factory=list)

    def submit(self, jobs: int) -> None:
        """Put so many good orders on the queue, each with its id in its body, so that the API sees it."""
        orders = self.orders(jobs, start=self.accepted)
        for order in orders:
            order["body"]["note"] = order["id"]
        self.shell.write("orders.jsonl", orders)
        told = self.shell("submit", "orders.jsonl", "--json")
        assert told.code == 0, told.err
        assert told.json["accepted"] == jobs
        self.accepted += jobs

    @contextmanager
    def fleet(self, size: int) -> Iterator[Fleet]:
        """So many workers, replaced when they are lost, and gone at the end."""
        fleet = Fleet(self.shell, size)
        try:
            fleet.fill()
            yield fleet
            fleet.close()
        finally:
            fleet.abandon()

    def wait_for(self, requests: int) -> None:
        """Return once the API has seen so many more requests."""
        at = self.shop.requests + requests
        self.eventually(lambda: self.shop.requests >= at)

    def keep_busy(self) -> None:
        """Put more jobs on the queue before it runs empty."""
        if self.accepted - self.shop.statuses.get(201, 0) < _FEW:
            self.submit(2 * _FEW)

    def wait_for_all(self) -> None:
        """Return once the API has got every job: as long as it gets any, it takes what it takes."""
        while not self._has_all():
            seen = self.shop.requests
            self.eventually(lambda seen=seen: self._has_all() or self.shop.requests > seen)  # type: ignore[misc]

    def _has_all(self) -> bool:
        return self.shop.statuses.get(201, 0) >= self.accepted

    def note(self, injury: str, times: int = 1, at: Sequence[float] = ()) -> None:
        """Keep for the report what was done, and when it was where it may have cost an outcome."""
        self.injuries[injury] = self.injuries.get(injury, 0) + times
        self.hurt += [(moment, moment) for moment in at]

    @contextmanager
    def hurting(self, injury: str) -> Iterator[None]:
        """Do something to it, which takes a while."""
        begun = time.time()  # noqa: TID251 - compared with the times of the API
        yield
        self.injuries[injury] = self.injuries.get(injury, 0) + 1
        self.hurt.append((begun, time.time()))  # noqa: TID251 - the same

    def finish(self) -> dict[str, Any]:
        """Work the queue until it is empty; what the last run said."""
        last = self.shell("run", "--until-empty", "--json", longest_s=_LONGEST_S)
        assert last.code in (0, 1), last.err
        return last.json

    def lines(self, *command: str) -> list[dict[str, Any]]:
        """What a command prints, a line an object."""
        done = self.shell(*command)
        assert done.code == 0, done.err
        return [json.loads(line) for line in done.out.splitlines()]
