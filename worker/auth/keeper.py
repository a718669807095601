"""Keeps one credential as it is now: the seam, and the keeper of those that stand in the config or in files."""

import asyncio
import math
from typing import Final, NamedTuple, Protocol

from worker.auth.credential import Credential, StaticCredential, from_settings
from worker.auth.expiry import expired
from worker.auth.watch import Watch, unreadable
from worker.errors import ConfigError
from worker.job import Standstill
from worker.ports import Clock
from worker.settings import AuthSettings

#: How long the lanes of a refused credential stand still before one job finds out: rejected logins lock accounts.
REFUSED_S: Final = 60.0


class Stopped(NamedTuple):
    """No request can leave with this credential: what stands still for it does so for a while.

    Attributes:
        reason: for a person.
        kind: UNAUTHORISED where a person has to see to it, UNREACHABLE where that may pass.
        wait_s: seconds until one job may find out.
        news: nobody was told since the credential was last accepted, whichever lanes it concerns.
    """

    reason: str
    kind: Standstill = Standstill.UNAUTHORISED
    wait_s: float = REFUSED_S
    news: bool = True


class Keeper(Protocol):
    """Keeps one credential of the config as it is now.

    Attributes:
        worn: what is put on requests when they are composed.
        moves: the credential may be another when a request leaves: it is put on then, and nothing is ``worn``.
        asks: requests have to ``take`` it when they leave, because it moves, or was refused of late.
        names: of headers that the credential sets.
        secrets: what is struck out of answers: of the credential as it is, and as it was before.
        since: epoch seconds from which on it has been as it was when this worker began, as far as anybody can tell.
    """

    worn: StaticCredential
    moves: bool
    asks: bool
    names: frozenset[str]
    secrets: tuple[bytes, ...]
    since: float

    @property
    def current(self) -> Credential:
        """The credential as far as it is known when a job is admitted."""

    async def take(self) -> Credential | Stopped:
        """What a request that leaves now carries, or why none may leave."""

    def newest(self, used: Credential) -> Credential:
        """What has taken the place of a credential that was taken a moment ago; itself where nothing has."""

    def refused(self, used: Credential | None, said: str) -> Stopped | None:
        """The API does not accept what a request carried (None: what is ``worn``): whether that stops anything.

        ``said`` is what the API said of it, and told to all whom it stops. It does not stop anything where there is
        another by now, and not again where many requests in flight are refused together.
        """

    def accepted(self, used: Credential) -> None:
        """The API accepted what a request carried."""

    def look(self) -> None:
        """Find out what the credential's files say now. For a thread: they may be on another machine."""

    def renewed(self) -> bool:
        """Take over what ``look`` has found; whether that has brought another credential since this was last asked."""

    async def close(self) -> None:
        """Give up what is under way."""


class Kept:
    """A credential that changes only when its files do."""

    def __init__(self, auth: AuthSettings, clock: Clock) -> None:
        self._auth = auth
        self._clock = clock
        self._watch = Watch(auth, clock)
        self.since = self._watch.since
        self._current = from_settings(auth)
        self.secrets = tuple(self._current.secrets)
        self._renewed = self._told = False
        self._refused_until, self._refusal = -math.inf, ""
        fixed = self._current if isinstance(self._current, StaticCredential) and not self._watch else None
        self.moves = self.asks = fixed is None
        self.worn = fixed or StaticCredential(self._current.origin)
        self.names = frozenset(self._current.names)

    def __repr__(self) -> str:
        return f"Kept({self._current.origin})"

    @property
    def current(self) -> Credential:
        """See ``Keeper``."""
        return self._current

    async def take(self) -> Credential | Stopped:
        """See ``Keeper``."""
        if (wait_s := self._refused_until - self._clock.monotonic()) > 0:
            return self._stopped(self._refusal, wait_s)
        if self._ended is not None and self._watch:
            await asyncio.to_thread(self.look)
            self._take_over()
            if (ended := self._ended) is not None:
                return self._stopped(f"{ended}; its jobs wait until the file has another")
        return self._current

    def newest(self, used: Credential) -> Credential:  # noqa: ARG002 - there is only one
        """See ``Keeper``."""
        return self._current

    def refused(self, used: Credential | None, said: str) -> Stopped | None:
        """See ``Keeper``."""
        now = self._clock.monotonic()
        if now < self._refused_until or used not in (None, self._current):
            return None
        self.look()  # here and now, once a minute at the most: what was replaced a moment ago need not stop anything
        if self._take_over():
            return None
        self._refused_until, self.asks = now + REFUSED_S, True
        self._refusal = f"{said} of {self._current.origin}"
        return self._stopped(self._refusal)

    def accepted(self, used: Credential) -> None:  # noqa: ARG002 - whichever it was, it is the only one there is
        """See ``Keeper``."""
        self._refused_until, self.asks, self._told = -math.inf, self.moves, False

    def look(self) -> None:
        """See ``Keeper``."""
        self._watch.look()

    def renewed(self) -> bool:
        """See ``Keeper``."""
        self._take_over()
        found, self._renewed = self._renewed, False
        return found

    async def close(self) -> None:
        """See ``Keeper``."""

    @property
    def _ended(self) -> str | None:
        return expired(self._current.origin, self._current.expires_at, self._clock.now())

    def _stopped(self, reason: str, wait_s: float = REFUSED_S) -> Stopped:
        news, self._told = not self._told, True
        return Stopped(reason, wait_s=wait_s, news=news)

    def _take_over(self) -> bool:
        """Take over what the files say; whether that is another credential. One that cannot be used is not taken."""
        auth = self._watch.found(self._auth)
        if auth is None:
            return False
        try:
            current = from_settings(auth)
        except ConfigError as problem:
            unreadable(problem)
            return False
        self.secrets = tuple(dict.fromkeys((*current.secrets, *self._current.secrets)))
        self._auth, self._current, self._renewed, self._refused_until = auth, current, True, -math.inf
        self._told = False
        return True
