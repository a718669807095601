"""The credentials of one API: which of them a job travels with."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Literal

from worker.auth.fetched import Fetched
from worker.auth.keeper import Keeper, Kept
from worker.errors import ConfigError
from worker.ports import Clock, Transport
from worker.settings import ApiSettings, AuthSettings, MtlsAuth, OAuth2Auth


class Keyring:
    """Every credential of an API.

    Attributes:
        default: of jobs without a key, and of those whose key has no credential of its own.
        by_key: the others.
    """

    def __init__(self, default: Keeper, by_key: Mapping[str, Keeper]) -> None:
        self.default = default
        self.by_key = by_key

    def keeper(self, key: str | None) -> Keeper:
        """Whose credential a job with this key is sent with."""
        return self.by_key.get(key, self.default) if self.by_key and key is not None else self.default

    @property
    def level(self) -> Literal["api", "credential"]:
        """How much stands still when a credential is refused: all, or the jobs of one key, or of none."""
        return "credential" if self.by_key else "api"

    async def renewed(self) -> list[Keeper]:
        """Those whose files have brought another credential since this was last asked."""
        await asyncio.to_thread(self._look)
        return [keeper for keeper in self._all() if keeper.renewed()]

    async def close(self) -> None:
        """Give up what is under way, and close the connections to token endpoints."""
        for keeper in self._all():
            await keeper.close()

    def _look(self) -> None:
        for keeper in self._all():
            keeper.look()

    def _all(self) -> tuple[Keeper, ...]:
        return self.default, *self.by_key.values()


def from_settings(api: ApiSettings, transport: Callable[[], Transport], clock: Clock) -> Keyring:
    """The keyring that the config describes.

    Args:
        api: whose.
        clock: when tokens end.
        transport: made once for each credential whose token is fetched, to fetch it.

    Raises:
        ConfigError: a credential cannot be sent.
    """

    def kept(auth: AuthSettings) -> Keeper:
        return Fetched(auth, transport(), clock) if isinstance(auth, OAuth2Auth) else Kept(auth, clock)

    for key, auth in api.credentials.items():
        if isinstance(auth, MtlsAuth):
            where = f"apis.{api.name}.credentials.{key}"
            raise ConfigError(f"{where}.type is mtls, which belongs to connections, not to jobs: write it in [auth]")
    return Keyring(kept(api.auth), {key: kept(auth) for key, auth in api.credentials.items()})
