"""All who work a queue on a server share its time, whatever their own clocks say."""

import pytest

from worker.errors import StoreGoneError
from worker.queues.server_clock import ServerClock
from worker.testing import ManualClock


class Server:
    """A server whose clock is ahead of ours, reached over a network that takes its time."""

    def __init__(self, here: ManualClock, ahead_s: float) -> None:
        self._here = here
        self._ahead_s = ahead_s
        self.there_s = self.back_s = 0.0
        self.gone = False

    @property
    def now(self) -> float:
        """What the server's clock says."""
        return self._here.now() + self._ahead_s

    async def time(self) -> float:
        """Ask the server."""
        if self.gone:
            raise StoreGoneError("it is down")
        self._here.advance(self.there_s)
        told = self.now
        self._here.advance(self.back_s)
        return told


@pytest.mark.parametrize("ahead_s", [-3600.0, -0.25, 0.0, 0.25, 86_400.0])
async def test_the_time_is_that_of_the_server(ahead_s: float) -> None:
    """However wrong this machine's clock is."""
    here = ManualClock()
    server, clock = Server(here, ahead_s), ServerClock(here)
    await clock.measure(server.time)
    assert clock.now() == pytest.approx(server.now)
    assert clock.skew_s == pytest.approx(-ahead_s)
    here.advance(5.0)
    assert clock.now() == pytest.approx(server.now)


@pytest.mark.parametrize(("there_s", "back_s"), [(0.2, 0.0), (0.0, 0.2), (0.1, 0.1)])
async def test_a_slow_answer_errs_by_no_more_than_half_of_it(there_s: float, back_s: float) -> None:
    """Nobody can know which half of the way was slow."""
    here = ManualClock()
    server, clock = Server(here, 60.0), ServerClock(here)
    server.there_s, server.back_s = there_s, back_s
    await clock.measure(server.time)
    assert abs(clock.now() - server.now) <= 0.1 + 1e-6


async def test_an_answer_that_took_long_does_not_spoil_what_is_known() -> None:
    """What lies within its uncertainty stays as it is."""
    here = ManualClock()
    server, clock = Server(here, 60.0), ServerClock(here)
    await clock.measure(server.time)
    server.there_s, server.back_s = 0.0, 3.0
    await clock.measure(server.time)
    assert clock.now() == pytest.approx(server.now)


async def test_a_server_that_is_away_leaves_the_time_running() -> None:
    """And is asked again by and by."""
    here = ManualClock()
    server, clock = Server(here, 60.0), ServerClock(here)
    await clock.measure(server.time)
    server.gone = True
    with pytest.raises(StoreGoneError):
        await clock.measure(server.time)
    here.advance(30.0)
    assert clock.now() == pytest.approx(server.now)
