"""Budgets that all workers of a server share: accounts change by compare-and-swap, and no lock outlives a round trip.

A worker counts on with the states that it saw last. Where nobody else has drawn on these accounts, a grant is one round
trip; where somebody has, the server's answer says how they stand, and it is counted again.

Every change gives an account a higher number. A store that shows a lower one than this worker knows has come back older
than it was (after a power cut, from a replica that lagged, from a backup), and does not know of everything that was
drawn: what the worker knows counts then, and is written with its next change.
"""

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import orjson

from worker.cancelling import first
from worker.errors import StoreBusyError, StoreError
from worker.limits.account import State
from worker.limits.book import COME_BACK_S, Book
from worker.limits.budget import Budget
from worker.limits.quota import BookQuota
from worker.limits.tariff import told
from worker.ports import Ask, Clock, Grant

T = TypeVar("T")

#: Somebody always wins, and who loses comes less often: to lose so many times in a row takes hundreds of workers.
_TRIES: Final = 24
_BACK_OFF_S: Final = 0.002  # about a round trip; doubled each time
_MOST_BACK_OFF_S: Final = 0.064

#: How much less often to come for each time that somebody was quicker, and how much more for each time that nobody was:
#: so many workers on one account come as often, all of them together, as its store can bear.
_RARER: Final = 2.0
_SOONER: Final = 0.99
_RAREST: Final = 16.0

#: Where nothing is granted, nothing is swapped, and nobody would hear of what others have handed back: what was seen
#: longer ago than this is read again first.
_STALE_S: Final = 0.02

#: Jobs that pay one by one are paid for together: one round trip in so many seconds, while so many come in that time.
_GATHER_S: Final = 0.02
_COMPANY: Final = 4

_REMEMBERED: Final = 8_192  # accounts

_DOUBTED: Final = -math.inf


class Change(NamedTuple):
    """One account in a swap; texts are empty for an account that is not kept.

    Attributes:
        seen: how it stood when it was seen.
        new: how it is to stand; empty where it only must not have changed.
        full_at: epoch seconds from which on the new state may be forgotten; 0 where there is none.
    """

    name: str
    seen: str
    new: str
    full_at: float


class Accounts(Protocol):
    """What a store gives: texts by account name. Every method may raise StoreError."""

    async def read(self, names: Sequence[str]) -> Mapping[str, str]:
        """How accounts stand; those that are not kept are absent, or empty."""

    async def swap(self, changes: Sequence[Change], now: float) -> Mapping[str, str] | None:
        """Change all of these accounts if each is as it was seen, and else none: then how they stand now."""


class _Seen(NamedTuple):
    """An account as it was seen last.

    Attributes:
        text: as the store has it.
        number: of the change that made its state; 0 for one that is not kept.
        state: as the store has it, or a later one that the store has lost.
        at: when, by the monotonic clock; it is read again before it is used where that is past all telling.
    """

    text: str
    number: int
    state: State
    at: float


@dataclass(frozen=True, slots=True)
class _Turn:
    """What one caller wants done.

    Attributes:
        patient: it may wait for company.
        answer: what ``act`` answered; the caller may have gone.
    """

    names: Iterable[str]
    act: Callable[[Book], Any]
    patient: bool
    answer: asyncio.Future[Any]

    def end(self, answer: Any) -> None:
        """Hand over the answer; where the caller was cancelled, what it was granted is forfeited."""
        if not self.answer.done():
            self.answer.set_result(answer)

    def fail(self, error: Exception) -> None:
        """Hand over an error."""
        if not self.answer.done():
            self.answer.set_exception(error)


class SwappingQuota(BookQuota):
    """The ``Quota`` port over accounts at a server.

    Whoever wants something of it is served by one task, which takes all that wait at once: so one process never gets
    into its own way, and its round trips do not grow with what it sends.
    """

    def __init__(self, accounts: Accounts, budgets: Mapping[str, Sequence[Budget]], clock: Clock) -> None:
        super().__init__(budgets)
        self._accounts = accounts
        self._clock = clock
        self._known: dict[str, _Seen] = {}
        self._waiting: list[_Turn] = []
        self._serving: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._company = 0
        self._crowd = 1.0

    async def grant(self, asks: Sequence[Ask]) -> list[Grant]:
        """See ``Quota.grant``. Where many draw on the same accounts, each comes back later, and for more."""
        grants = await super().grant(asks)
        later_s = (self._crowd - 1) * COME_BACK_S
        return (
            [one._replace(wait_s=one.wait_s + later_s) if one.wait_s else one for one in grants] if later_s else grants
        )

    async def _on_book(self, names: Iterable[str], act: Callable[[Book], T], *, patient: bool = False) -> T:
        turn = _Turn(names, act, patient, asyncio.get_running_loop().create_future())
        self._waiting.append(turn)
        if not patient:
            self._hurry.set()
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        answer: T = await turn.answer
        return answer

    async def _serve(self) -> None:
        while self._waiting:
            if self._company >= _COMPANY:
                await first(self._hurry.wait(), self._clock.sleep(_GATHER_S * self._crowd))
            turns, self._waiting = self._waiting, []
            self._hurry.clear()
            self._company = sum(turn.patient for turn in turns)
            await self._end(turns)

    async def _end(self, turns: Sequence[_Turn]) -> None:
        try:
            answers = await self._done(turns)
        except asyncio.CancelledError:  # the program ends
            for turn in turns:
                turn.answer.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - it is theirs who wait for an answer
            for turn in turns:
                turn.fail(error)
        else:
            for turn, answer in zip(turns, answers, strict=True):
                turn.end(answer)

    async def _done(self, turns: Sequence[_Turn]) -> list[Any]:
        """Do what is wanted, all of it in one change of all accounts."""
        seen, fresh = await self._recalled(sorted({name for turn in turns for name in turn.names}))
        for tried in range(_TRIES):
            if tried > 1:  # the first time, what was known was only old
                await self._stand_back(tried)
                seen = self._noted(seen, await self._accounts.read([*seen]))
            now = self._clock.now()
            book = Book(self._tariff, {name: one.state for name, one in seen.items()}, now)
            answers = [turn.act(book) for turn in turns]
            if not book.changed and fresh:
                return answers
            current = await self._swapped(seen, book.changed, now)
            if current is None:
                self._crowd = max(self._crowd * _SOONER, 1.0)
                return answers
            seen, fresh = self._noted(seen, current), True
        raise StoreBusyError(f"{_TRIES} times others were quicker to draw on {', '.join(sorted(seen)[:3])}: try again")

    async def _stand_back(self, tried: int) -> None:
        """Others were quicker, though what was known was new: let them go first, and come less often from now on."""
        self._crowd = min(self._crowd * _RARER, _RAREST)
        await self._clock.sleep(self._clock.random() * min(_BACK_OFF_S * 2**tried, _MOST_BACK_OFF_S))

    async def _recalled(self, names: Sequence[str]) -> tuple[dict[str, _Seen], bool]:
        """How accounts stood when they were last seen, and whether that was just now."""
        since = self._clock.monotonic() - _STALE_S
        seen = {name: self._known[name] for name in names if name in self._known}
        if len(seen) == len(names) and all(one.at > _DOUBTED for one in seen.values()):
            return seen, all(one.at >= since for one in seen.values())
        return self._noted(names, await self._accounts.read(names)), True

    async def _swapped(
        self, seen: Mapping[str, _Seen], changed: Mapping[str, State], now: float
    ) -> Mapping[str, str] | None:
        if not changed:
            return await self._accounts.read([*seen])
        changes = [
            Change(
                name,
                one.text,
                as_text(_next_number(one.number, now), changed[name]),
                self._tariff.account(name).full_at(changed[name]),
            )
            if name in changed
            else Change(name, one.text, "", 0.0)
            for name, one in seen.items()
        ]
        try:
            current = await self._accounts.swap(changes, now)
        except StoreError:
            self._known |= {name: one._replace(at=_DOUBTED) for name, one in seen.items()}  # it may have been done
            raise
        if current is None:
            self._noted(seen, {change.name: change.new or change.seen for change in changes})
        return current

    def _noted(self, names: Iterable[str], texts: Mapping[str, str]) -> dict[str, _Seen]:
        """Remember how accounts stand; those that were seen long ago are forgotten."""
        seen = {name: self._seen(name, texts.get(name, "")) for name in names}
        for name, one in seen.items():
            self._known.pop(name, None)
            self._known[name] = one  # behind all others
        while len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]
        return seen

    def _seen(self, name: str, text: str) -> _Seen:
        """An account as the store has it, or as it was before the store lost that.

        What is full again may be forgotten, and begins anew. What APIs say is not kept up against the store: they will
        say it again, and who kept to an old word for too long would never hear a new one.
        """
        number, state = as_state(text)
        known = self._known.get(name)
        if known is not None and known.state and number <= known.number:
            account = self._tariff.account(name)
            if account is not told() and account.full_at(known.state) > self._clock.now():
                number, state = known.number, known.state
        return _Seen(text, number, state, self._clock.monotonic())


def _next_number(number: int, now: float) -> int:
    """The number of a change; of one that begins an account anew it is above those from before that was forgotten."""
    return number + 1 if number else int(now * 1000)


def as_text(number: int, state: State) -> str:
    """A state as a store keeps it, behind its number: every digit of a time counts."""
    return orjson.dumps((number, *state)).decode()


def as_state(text: str) -> tuple[int, State]:
    """A number and a state as they were kept; for an account that is not kept, 0 and the empty state."""
    number, *state = orjson.loads(text) if text else (0,)
    return number, tuple(state)
