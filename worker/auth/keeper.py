"""Keeps one credential as it is now: the seam, and the keeper of those that stand in the config or in files."""

import math
from typing import Final, NamedTuple, Protocol

import structlog

from worker.auth.credential import Credential, StaticCredential, from_settings
from worker.auth.expiry import expired
from worker.auth.watch import Watch, reread
from worker.errors import ConfigError
from worker.job import Standstill
from worker.ports import Clock
from worker.settings import AuthSettings

log = structlog.get_logger(__name__)

#: How long the lanes of a refused credential stand still before one job finds out: rejected logins lock accounts.
REFUSED_S: Final = 60.0


class Stopped(NamedTuple):
    """No request can leave with this credential: what stands still for it does so for a while.

    Attributes:
        reason: for a person.
        kind: UNAUTHORISED where a person has to see to it, UNREACHABLE where that may pass.
        wait_s: seconds until one job may find out.
    """

    reason: str
    kind: Standstill = Standstill.UNAUTHORISED
    wait_s: float = REFUSED_S


class Keeper(Protocol):
    """Keeps one credential of the config as it is now.

    Attributes:
        worn: what is put on requests when they are composed.
        moves: the credential may be another when a request leaves: it is put on then, and nothing is ``worn``.
        asks: requests have to ``take`` it when they leave, because it moves, or was refused of late.
        names: of headers that the credential sets.
        secrets: what is struck out of answers: of the credential as it is, and as it was before.
    """

    worn: StaticCredential
    moves: bool
    asks: bool
    names: frozenset[str]
    secrets: tuple[bytes, ...]

    @property
    def current(self) -> Credential:
        """The credential as far as it is known when a job is admitted."""

    async def take(self) -> Credential | Stopped:
        """What a request that leaves now carries, or why none may leave."""

    def newest(self, used: Credential) -> Credential:
        """What has taken the place of a credential that was taken a moment ago; itself where nothing has."""

    def refused(self, used: Credential | None) -> Stopped | None:
        """The API does not accept what a request carried (None: what is ``worn``): whether that stops anything.

        It does not where there is another by now, and not again where many requests in flight are refused together.
        """

    def accepted(self, used: Credential) -> None:
        """The API accepted what a request carried."""

    def renewed(self) -> bool:
        """Whether a file has brought another credential since this was last asked; looked for once a second."""

    async def close(self) -> None:
        """Give up what is under way."""


class Kept:
    """A credential that changes only when its files do."""

    def __init__(self, auth: AuthSettings, clock: Clock) -> None:
        self._auth = auth
        self._clock = clock
        self._watch = Watch(auth, clock)
        self._current = from_settings(auth)
        self.secrets = tuple(self._current.secrets)
        self._renewed = False
        self._refused_until = -math.inf
        fixed = self._current if isinstance(self._current, StaticCredential) and not self._watch else None
        self.moves = self.asks = fixed is None
        self.worn = fixed or StaticCredential(self._current.origin)
        self.names = frozenset(self._current.names)

    def __repr__(self) -> str:
        return f"Kept({self._current.origin})"

    @property
    def current(self) -> Credential:
        """See ``Keeper``."""
        self._look()
        return self._current

    async def take(self) -> Credential | Stopped:
        """See ``Keeper``."""
        self._look()
        if (wait_s := self._refused_until - self._clock.monotonic()) > 0:
            return Stopped(self._refusal, wait_s=wait_s)
        ended = expired(self._current.origin, self._current.expires_at, self._clock.now())
        if ended is None or not self._watch or self._look(at_once=True):
            return self._current
        return Stopped(f"{ended}; its jobs wait until the file has another")

    def newest(self, used: Credential) -> Credential:  # noqa: ARG002 - there is only one
        """See ``Keeper``."""
        return self._current

    def refused(self, used: Credential | None) -> Stopped | None:
        """See ``Keeper``."""
        now = self._clock.monotonic()
        if now < self._refused_until or used not in (None, self._current) or self._look(at_once=True):
            return None
        self._refused_until, self.asks = now + REFUSED_S, True
        return Stopped(self._refusal)

    def accepted(self, used: Credential) -> None:  # noqa: ARG002 - whichever it was, it is the only one there is
        """See ``Keeper``."""
        self._refused_until, self.asks = -math.inf, self.moves

    def renewed(self) -> bool:
        """See ``Keeper``."""
        self._look()
        found, self._renewed = self._renewed, False
        return found

    async def close(self) -> None:
        """See ``Keeper``."""

    @property
    def _refusal(self) -> str:
        return f"the API does not accept the credential of {self._current.origin}"

    def _look(self, *, at_once: bool = False) -> bool:
        """Take over what the files say; whether that is another credential. One that cannot be used is not taken."""
        if not self._watch.changed(at_once=at_once):
            return False
        try:
            auth = reread(self._auth)
            current = from_settings(auth)
        except ConfigError as problem:
            log.warning("credential_unreadable", origin=self._current.origin, problem=str(problem))
            return False
        if auth == self._auth:
            return False
        self.secrets = tuple(dict.fromkeys((*current.secrets, *self._current.secrets)))
        self._auth, self._current, self._renewed, self._refused_until = auth, current, True, -math.inf
        return True
