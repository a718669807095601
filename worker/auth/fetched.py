"""Keeps a token that is fetched: one request for all who wait, ahead of its end, and once more when it is refused."""

import asyncio
import math
from dataclasses import dataclass
from typing import Final

import structlog

from worker.auth import oauth2
from worker.auth.credential import Credential, StaticCredential, from_settings
from worker.auth.keeper import REFUSED_S, Stopped
from worker.auth.watch import Watch
from worker.job import Standstill
from worker.limits.gate import BACK_OFF_S
from worker.ports import Clock, Transport
from worker.settings.auth import OAuth2Auth

log = structlog.get_logger(__name__)

_LONGEST_WAIT_S: Final = 300.0  # whatever a token endpoint says
_LEEWAY_S: Final = 2.0  # a token this close to its end may have ended when it arrives
_LEEWAY_SHARE: Final = 0.1  # of its life at the most: there are tokens of two seconds
_EARLY_SHARE: Final = 0.25  # the same for ``early``
_SHORTEST_S: Final = 1.0  # what a token lasts at the least, whatever is said of it
_REMEMBERED: Final = 16  # secrets of before: of the last three tokens and more
_AT_ONCE_S: Final = 1.0  # a token that is refused sooner than this after it came is not worth another


@dataclass(slots=True)
class _Token:
    """A token and its times, in monotonic seconds.

    Attributes:
        second: it was fetched because the one before it was refused.
        good: a request was accepted with it.
    """

    credential: StaticCredential
    came_at: float
    renew_at: float
    ends_at: float
    second: bool
    good: bool = False


class Fetched:
    """The token of one client. Nothing is fetched before the first request needs it.

    Args:
        transport: to the token endpoint, and nobody else's: ``close`` closes it.
    """

    moves = asks = True

    def __init__(self, auth: OAuth2Auth, transport: Transport, clock: Clock) -> None:
        self._auth = auth
        self._transport = transport
        self._clock = clock
        self._watch = Watch(auth, clock)
        self.since = self._watch.since
        self._refresh_token = auth.refresh_token.reveal() if auth.refresh_token else None
        self._token: _Token | None = None
        self._fetching: asyncio.Task[None] | None = None
        self._failure = Stopped("no token was asked for")
        self._told: Standstill | None = None
        self._failures = 0
        self._again_at = -math.inf
        self._refused = self._renewed = False
        initial = from_settings(auth)
        self.worn = StaticCredential(initial.origin)
        self.names = frozenset(initial.names)
        self.secrets: tuple[bytes, ...] = ()
        self._remember()

    def __repr__(self) -> str:
        return f"Fetched({self.worn.origin})"

    @property
    def current(self) -> Credential:
        """See ``Keeper``: a token is fetched later, so nothing is known to have ended."""
        return self.worn

    async def take(self) -> Credential | Stopped:
        """See ``Keeper``. Nobody waits for a token as long as there is one that is good."""
        while True:
            token, now = self._token, self._clock.monotonic()
            if token is not None and now < token.renew_at:
                return token.credential
            if self._fetching is None and now >= self._again_at:
                self._fetching = asyncio.ensure_future(self._fetch())
            if token is not None and now < token.ends_at:
                return token.credential
            if self._fetching is None:
                return self._stopped(self._again_at - now)
            await asyncio.shield(self._fetching)  # whoever is cancelled leaves it to the others

    def newest(self, used: Credential) -> Credential:
        """See ``Keeper``."""
        return self._token.credential if self._token is not None else used

    def refused(self, used: Credential | None, said: str) -> Stopped | None:
        """See ``Keeper``: another token is fetched once; what is refused again stops."""
        token, now = self._token, self._clock.monotonic()
        if token is None or used is not token.credential:
            return None
        self._token, self._refused = None, True
        if not token.second or (token.good and now >= token.came_at + _AT_ONCE_S):
            return None
        self._failure = Stopped(f"{said} of {self.worn.origin}")
        self._again_at = now + self._failure.wait_s
        return self._stopped(self._failure.wait_s)

    def accepted(self, used: Credential) -> None:
        """See ``Keeper``."""
        if self._token is not None and used is self._token.credential:
            self._token.good, self._told = True, None

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
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)
        await self._transport.close()

    def _stopped(self, wait_s: float) -> Stopped:
        news, self._told = self._told is not self._failure.kind, self._failure.kind
        return self._failure._replace(wait_s=wait_s, news=news)

    def _take_over(self) -> None:
        """Take over what the files of the client's secret, or of the refresh token, say; then ask at once."""
        if (auth := self._watch.found(self._auth)) is not None:
            self._auth = auth
            self._refresh_token = auth.refresh_token.reveal() if auth.refresh_token else None
            self._again_at, self._failures, self._renewed, self._told = -math.inf, 0, True, None
            self._remember()

    async def _fetch(self) -> None:
        auth, second = self._auth, self._refused
        try:
            reply = await self._transport.send(oauth2.ask(auth, self._refresh_token))
            said = oauth2.read(reply, auth, self.secrets, self._clock.now())
            if isinstance(said, oauth2.Granted):
                self._begin(said, second=second)
            else:
                self._fail(said)
        finally:
            self._fetching = None

    def _begin(self, said: oauth2.Granted, *, second: bool) -> None:
        life_s = max(said.lifetime_s, _SHORTEST_S)
        came_at = self._clock.monotonic()
        ends_at = came_at + life_s - min(_LEEWAY_S, life_s * _LEEWAY_SHARE)
        renew_at = min(ends_at, came_at + life_s - min(self._auth.early_s, life_s * _EARLY_SHARE))
        self._token = _Token(said.credential, came_at, renew_at, ends_at, second)
        self._refresh_token = said.refresh_token or self._refresh_token
        self._refused, self._failures, self._again_at = False, 0, -math.inf
        self._remember()

    def _fail(self, said: oauth2.Denied) -> None:
        step_s = BACK_OFF_S[min(self._failures, len(BACK_OFF_S) - 1)]
        wait_s = REFUSED_S if said.final else min(max(said.wait_s or 0.0, step_s), _LONGEST_WAIT_S)
        kind = Standstill.UNAUTHORISED if said.final else Standstill.UNREACHABLE
        self._failure = Stopped(said.reason, kind, wait_s)
        self._failures += 1
        self._again_at = self._clock.monotonic() + wait_s
        log.warning("no_token", origin=self.worn.origin, reason=said.reason, wait_s=wait_s)

    def _remember(self) -> None:
        """Strike out what is used now, and the last of what was used before: answers to it may be under way."""
        token = self._token.credential.secrets if self._token else ()
        now = (*token, *oauth2.secrets(self._auth, self._refresh_token))
        self.secrets = (*now, *[secret for secret in self.secrets if secret not in now][:_REMEMBERED])
