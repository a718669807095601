"""``preflight.toml`` as a whole, and its sections that are about no API."""

# ruff: noqa: RUF009 - setting() and sections() return a dataclasses.field, which is meant to be made once

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from worker.settings import kinds, store_url, web
from worker.settings.about import sections, setting
from worker.settings.api import ApiSettings


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """``[queue]``: where jobs wait.

    Attributes:
        url: ``sqlite:///relative.db``, ``sqlite:////absolute.db``, ``postgresql://``, ``valkey://``, ``redis://`` or
            ``memory://``; after loading, a path is never relative.
        patience_s: seconds that a worker bears a store that is away, before it ends.
        retention_s: seconds after which delivered jobs are forgotten; None for never.
    """

    url: str = setting(
        store_url.StoreUrl(),
        "a file: nothing to install, survives a crash",
        "sqlite:///preflight.db",
    )
    patience_s: float = setting(
        kinds.Duration(1, 86_400),
        "a worker that its store leaves alone for longer ends with exit code 3; nothing is lost",
        300,
        key="patience",
    )
    retention_s: float | None = setting(
        kinds.Duration(60, 10 * 365 * 86_400),
        "unset: for ever; else delivered jobs older than that are forgotten, with results and ids",
        None,
        key="retention",
    )

    @property
    def kind(self) -> store_url.Kind:
        """Which store it is."""
        return store_url.kind_of(self.url)

    @property
    def path(self) -> Path | None:
        """The database file, or None for another store."""
        return store_url.sqlite_path(self.url)

    @property
    def shown(self) -> str:
        """The URL without its password."""
        return store_url.without_password(self.url)


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """``[worker]``: how one worker behaves.

    Attributes:
        processes: how many processes ``run`` starts; "cores" for one per core.
        lease_s: seconds a job is in a worker's hands before others may take it; renewed while it is worked on.
        drain_s: seconds that SIGTERM lets requests in flight finish.
        engine: who validates; ``auto`` chooses the fastest that is exact for each schema.
    """

    processes: int | Literal["cores"] = setting(
        kinds.Processes(), "one is enough for some thousand requests per second; cores: one for each", 1
    )
    lease_s: float = setting(
        kinds.Duration(1, 86_400),
        "how soon a dead worker's jobs are taken over; must exceed every timeout + connect_timeout",
        60,
        key="lease",
    )
    drain_s: float = setting(
        kinds.Duration(0, 3600), "as long as one request may take by default, so that none is cut off", 30, key="drain"
    )
    engine: Literal["auto", "fastjsonschema", "jsonschema-rs"] = setting(
        kinds.Choice("auto", "fastjsonschema", "jsonschema-rs"), "auto takes the fastest that is exact", "auto"
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that ``preflight.toml``, the environment and the command line say.

    Attributes:
        path: the file; None where there was none.
        apis: those that it names, and those that hear of their jobs; see ``callback_apis``.
        warnings: what works but should be changed, a line each.
    """

    path: Path | None = None
    queue: QueueSettings = sections(QueueSettings, "where jobs wait", QueueSettings)
    worker: WorkerSettings = sections(WorkerSettings, "how one worker behaves", WorkerSettings)
    apis: Mapping[str, ApiSettings] = sections(
        ApiSettings, "the remote services, by name", shape="named", names=web.NAME
    )
    warnings: tuple[str, ...] = ()
