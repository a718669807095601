import asyncio

import pytest

from worker.limits.concurrency import Concurrency, end_of, from_settings
from worker.limits.estimator import End
from worker.outcome import Answer, Broken, Reply, Request
from worker.settings import ApiSettings
from worker.testing import ManualClock

_REQUEST = Request("GET", "http://shop/orders", {}, None, idempotent=True)


class Echo:
    """A transport whose answers come ``delay_s`` later.

    Attributes:
        sent: how many requests were.
    """

    def __init__(self, clock: ManualClock, status: int = 200) -> None:
        self.status = status
        self.delay_s = 0.1
        self.sent = 0
        self.closed = False
        self._clock = clock

    async def send(self, request: Request) -> Reply:
        """See ``ports.Transport``."""
        self.sent += request is _REQUEST
        await self._clock.sleep(self.delay_s)
        return Answer(self.status, {}, b"", self.delay_s * 1000)

    async def close(self) -> None:
        """See ``ports.Transport``."""
        self.closed = True


async def test_a_number_that_is_given_lets_every_sender_through() -> None:
    """It is as many as there are, and none ever waits."""
    transport = Echo(ManualClock())
    concurrency, sender = from_settings(ApiSettings("shop", concurrency=3), transport, ManualClock())
    assert (concurrency.limit, concurrency.most, sender) == (3, 3, transport)
    await asyncio.gather(*map(concurrency.turn, range(3)))


async def test_senders_beyond_the_limit_wait_until_it_grows() -> None:
    """Those that may go on are woken, and no others."""
    concurrency, clock, through = Concurrency(2, 6), ManualClock(), list[int]()

    async def sender(number: int) -> None:
        await concurrency.turn(number)
        through.append(number)

    senders = [asyncio.create_task(sender(number)) for number in range(6)]
    await clock.run_for(1)
    assert through == [0, 1]
    concurrency.change(5)
    await clock.run_for(1)
    assert through == [0, 1, 2, 3, 4]
    concurrency.change(1)
    concurrency.change(6)
    await asyncio.gather(*senders)
    assert through == [0, 1, 2, 3, 4, 5]


async def test_a_limit_that_grew_and_fell_at_once_lets_nobody_through() -> None:
    """A sender that was woken looks again."""
    concurrency, clock = Concurrency(1, 2), ManualClock()
    sender = asyncio.create_task(concurrency.turn(1))
    await clock.run_for(1)
    concurrency.change(2)
    concurrency.change(1)
    await clock.run_for(1)
    assert not sender.done()
    concurrency.change(2)
    await sender


async def test_each_attempt_is_measured_where_it_is_sent() -> None:
    """Full rounds of good answers let more and more through; one that is turned away, fewer."""
    clock = ManualClock()
    transport = Echo(clock)
    concurrency, measured = from_settings(ApiSettings("shop", concurrency="auto"), transport, clock)
    for _ in range(4):
        sent = asyncio.gather(*(measured.send(_REQUEST) for _ in range(concurrency.limit)))
        await clock.run_for(0.1)
        assert all(isinstance(reply, Answer) for reply in await sent)
    assert concurrency.limit == 32
    transport.status = 429
    await asyncio.gather(measured.send(_REQUEST), clock.run_for(0.1))
    assert concurrency.limit == 24
    assert transport.sent == 4 + 4 + 8 + 16 + 1
    await measured.close()
    assert transport.closed


async def test_a_request_that_is_cancelled_says_nothing() -> None:
    """And is in flight no longer."""
    clock = ManualClock()
    transport = Echo(clock)
    concurrency, measured = from_settings(ApiSettings("shop", concurrency="auto"), transport, clock)
    sent = [asyncio.create_task(measured.send(_REQUEST)) for _ in range(4)]
    await clock.run_for(0.01)
    for task in sent:
        task.cancel()
    await asyncio.gather(*sent, return_exceptions=True)
    for _ in range(20):  # three at a time are not four
        await asyncio.gather(*(measured.send(_REQUEST) for _ in range(3)), clock.run_for(0.1))
    assert concurrency.limit == 4


@pytest.mark.parametrize(
    ("reply", "end"),
    [
        (Answer(201, {}, b"", 1.0), End.SUCCESS),
        (Answer(304, {}, b"", 1.0), End.SUCCESS),
        (Answer(404, {}, b"", 1.0), End.IGNORED),
        (Answer(422, {}, b"", 1.0), End.IGNORED),
        (Answer(429, {}, b"", 1.0), End.DROPPED),
        (Answer(500, {}, b"", 1.0), End.IGNORED),
        (Answer(502, {}, b"", 1.0), End.IGNORED),
        (Answer(503, {}, b"", 1.0), End.DROPPED),
        (Answer(504, {}, b"", 1.0), End.DROPPED),
        (Broken("timeout", sent=True, detail="", elapsed_ms=1.0), End.DROPPED),
        (Broken("unreachable", sent=False, detail="", elapsed_ms=1.0), End.DROPPED),
        (Broken("lost", sent=True, detail="", elapsed_ms=1.0), End.IGNORED),
    ],
)
def test_what_a_reply_says_of_how_busy_its_api_is(reply: Reply, end: End) -> None:
    """Too much to do, or not in time; carried out; or nothing."""
    assert end_of(reply) is end
