"""Finds the config, puts flags and environment over it, and reads all of it."""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

from worker.errors import ConfigError
from worker.settings import toml
from worker.settings.callback_apis import with_callbacks
from worker.settings.kinds import nearest
from worker.settings.profiles import with_profiles
from worker.settings.read import FAILED, Override, Reader
from worker.settings.settings import QueueSettings, Settings, WorkerSettings
from worker.settings.store_url import StoreUrl

DEFAULT_PATH: Final = Path("preflight.toml")

#: Sections that the environment can set: ``PREFLIGHT_QUEUE_URL``, ``PREFLIGHT_WORKER_LEASE``.
_FROM_ENVIRONMENT: Final[Mapping[str, type]] = {"queue": QueueSettings, "worker": WorkerSettings}


def load(path: Path | None, *, environ: Mapping[str, str], flags: Mapping[str, object] | None = None) -> Settings:
    """Read the settings; what is said closer to the user wins: flag > environment > file > default.

    Args:
        path: the config that the user named; else ``PREFLIGHT_CONFIG``, else ``preflight.toml`` here.
        environ: for ``PREFLIGHT_...`` and ``${env:}``.
        flags: values by dotted key, ``{"queue.url": "memory://"}``; None means that a flag was not given.

    Raises:
        ConfigError: with a line for everything that is wrong: file, key, value and remedy.
    """
    file = path or Path(environ.get("PREFLIGHT_CONFIG") or DEFAULT_PATH)
    asked_for = path is not None or bool(environ.get("PREFLIGHT_CONFIG"))
    remedy = "correct the path" if asked_for else "name one with --config, or run preflight demo to see one at work"
    tree = toml.read(file, f"create it (preflight config reference prints every key), or {remedy}")
    reader = Reader(str(file), file.absolute().parent, environ)
    overrides = _from_environment(environ, reader.warnings)
    overrides |= {
        key: Override(value, f"flag {key}", Path.cwd()) for key, value in (flags or {}).items() if value is not None
    }
    for key, override in overrides.items():
        _put(tree, key.split("."), override)
    settings = reader.section(Settings, tree, path=file.absolute())
    if settings is FAILED:
        raise ConfigError("\n".join(reader.problems))
    assert isinstance(settings, Settings)
    # The default URL is relative like one in the file; one that was given is absolute by now and stays as it is.
    queue = replace(settings.queue, url=StoreUrl().read(settings.queue.url, reader.folder))
    apis = with_profiles(settings.apis, tree.get("apis", {}), reader)
    return replace(settings, queue=queue, apis=with_callbacks(apis), warnings=tuple(reader.warnings))


def _from_environment(environ: Mapping[str, str], warnings: list[str]) -> dict[str, Override]:
    """What ``PREFLIGHT_SECTION_KEY`` variables say; an empty one says nothing."""
    keys = {
        f"PREFLIGHT_{section}_{key}".upper(): f"{section}.{key}"
        for section, kind in _FROM_ENVIRONMENT.items()
        for key in (item.metadata["about"].key or item.name for item in fields(kind))
    }
    warnings.extend(
        f"environment: {name} sets nothing: {nearest(name, list(keys)).removeprefix('; ') or 'take it out'}"
        for name in environ
        if name.startswith(("PREFLIGHT_QUEUE_", "PREFLIGHT_WORKER_")) and name not in keys
    )
    return {
        key: Override(int(text) if re.fullmatch(r"[0-9]{1,9}", text) else text, f"environment: {name}", Path.cwd())
        for name, key in keys.items()
        if (text := environ.get(name))
    }


def _put(tree: dict[str, Any], parts: list[str], override: Override) -> None:
    """Set a value behind a dotted key, unless something that is no table is in the way: that is reported later."""
    node: Any = tree
    for part in parts[:-1]:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            return
    node[parts[-1]] = override
