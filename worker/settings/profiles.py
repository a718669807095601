"""Finds the profile that a config names, reads it, and puts it under what the config says itself."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from worker import resources
from worker.errors import ConfigError
from worker.settings import toml
from worker.settings.api import ApiSettings
from worker.settings.key import join
from worker.settings.kinds import nearest
from worker.settings.profile import Profile
from worker.settings.read import FAILED, Reader

_SHIPPED: Final = "config/profiles"


def with_profiles(
    apis: Mapping[str, ApiSettings], tables: Mapping[str, Collection[str]], reader: Reader
) -> dict[str, ApiSettings]:
    """Every API's settings, with the profiles that they name under them.

    Args:
        apis: as the config has them.
        tables: the keys that stand in the config, by API.
        reader: of the config; takes the warnings.

    Raises:
        ConfigError: a profile cannot be found or read; with a line for everything that is wrong.
    """
    found = dict(apis)
    for name, api in apis.items():
        if api.profile is None:
            continue
        try:
            file = _file(api.profile, reader.folder)
        except ValueError as problem:
            key = join(join("apis", name), "profile")
            raise ConfigError(f"{reader.file}: {key} = {json.dumps(api.profile)} {problem}") from None
        profile = load_profile(api.profile, file, reader.environ)
        found[name] = with_profile(api, tables[name], profile)
        if warning := excess(found[name], profile):
            reader.warnings.append(f"{reader.file}: {warning}")
    return found


def load_profile(name: str, file: Path, environ: Mapping[str, str]) -> Profile:
    """The profile in a file.

    Args:
        name: as the config names it.
        file: where it is.
        environ: for ``${env:}`` in it.

    Raises:
        ConfigError: with a line for everything that is wrong: file, key, value and remedy.
    """
    reader = Reader(str(file), file.absolute().parent, environ)
    profile = reader.section(Profile, toml.read(file, "create it, or correct the path"), name=name)
    if profile is FAILED:
        raise ConfigError("\n".join(reader.problems))
    assert isinstance(profile, Profile)
    return profile


def _file(named: str, folder: Path) -> Path:
    """Where a profile is: ``stripe`` travels with Preflight, what ends in ``.toml`` is a file of the user's."""
    if named.endswith(".toml"):
        return folder / named
    names = shipped()
    if named not in names:
        raise ValueError(f"is no profile: write {', '.join(names)}, or the name of a .toml file{nearest(named, names)}")
    return resources.path(f"{_SHIPPED}/{named}.toml")


def shipped() -> list[str]:
    """The names of the profiles that travel with Preflight."""
    return sorted(file.stem for file in resources.path(_SHIPPED).glob("*.toml"))


def with_profile(api: ApiSettings, given: Collection[str], profile: Profile) -> ApiSettings:
    """An API's settings with a profile under them: it is asked only for what the config does not say.

    An empty list of limits is something that the config says: no limits. Concurrency that is not given is lowered to
    the vendor's most.

    Args:
        api: as the config has it.
        given: the keys that stand in the config, of this API.
        profile: goes under it.
    """
    under: dict[str, Any] = {"limits": profile.limits, "idempotency_header": profile.idempotency_header}
    if profile.concurrency is not None and isinstance(api.concurrency, int):
        under["concurrency"] = min(api.concurrency, profile.concurrency)
    return replace(api, vendor=profile, **{name: value for name, value in under.items() if name not in given})


def excess(api: ApiSettings, profile: Profile) -> str | None:
    """What to say of a concurrency that is more than the vendor allows; it is the user's word, so it stands."""
    if profile.concurrency is None or not isinstance(api.concurrency, int) or api.concurrency <= profile.concurrency:
        return None
    return (
        f"apis.{api.name}.concurrency = {api.concurrency} is more than the {profile.concurrency} that the profile "
        f"{profile.name} knows of: lower it, unless the vendor allows you more"
    )
