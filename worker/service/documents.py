"""The contract of every API, and where each of them is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from worker.contract import access, contract, own_checks, servers
from worker.contract.cache import CodeCache, default_folder
from worker.contract.contract import Contract, DocumentContract
from worker.contract.files import Files
from worker.contract.openapi import Habits
from worker.errors import ConfigError, ContractError
from worker.service.program import system_clock
from worker.settings import ApiSettings, Settings
from worker.settings.web import BaseUrl

_ASKING: Final = frozenset({"GET", "HEAD"})  # what changes nothing at the API


def contracts(settings: Settings, environ: Mapping[str, str] | None) -> dict[str, Contract]:
    """The contract of every API, with the user's own checks, the files that jobs may send, and what opens operations.

    Args:
        settings: name them.
        environ: names the folder of what was prepared before; None looks at none, and keeps nothing.

    Raises:
        ContractError: a document cannot be used.
        ConfigError: the config names a check or an operation that is not there.
    """
    cache = CodeCache(None if environ is None else default_folder(environ))
    found = {name: _contract(api, settings, cache) for name, api in settings.apis.items()}
    for name, api in settings.apis.items():
        origin = f"{settings.path or Path('preflight.toml')}: apis.{name}"
        if unknown := next((one for one in api.operations if one not in found[name].operations), None):
            said = f"the contract has no operation {unknown!r}; {found[name].suggestion(unknown)}"
            raise ConfigError(f"{origin}.operations: {said}")
        _check_probes(api, found[name], f"{origin}.operations")
        found[name].access = access.from_settings(api)
        found[name].strips = api.read_only == "strip"
        found[name].files = Files(api.files, f"apis.{name}.files")
        if api.checks:
            functions = own_checks.load(api.checks, f"{origin}.checks")
            found[name].own = own_checks.OwnChecks(functions, api.check_budget_s, system_clock())
    return found


def _contract(api: ApiSettings, settings: Settings, cache: CodeCache) -> Contract:
    engine = settings.worker.engine
    if api.contract is not None:
        habits = Habits(api.nullable, api.read_only, api.base_url, api.server_variables)
        return contract.from_document(api.contract, engine, cache, habits, api.contract_folders)
    origin = f"{settings.path or Path('preflight.toml')}: apis.{api.name}"
    return contract.from_declarations(api.operations, origin, engine, cache)


def _check_probes(api: ApiSettings, found: Contract, origin: str) -> None:
    """A probe has to be an operation that only asks."""
    for name, operation in api.operations.items():
        if operation.probe is None:
            continue
        asked, key = operation.probe.operation, f"{origin}.{name}.probe.operation"
        if asked not in found.operations:
            raise ConfigError(f'{key} = "{asked}": the contract has no such operation; {found.suggestion(asked)}')
        if (method := found.operations[asked].method) not in _ASKING:
            raise ConfigError(f'{key} = "{asked}" is a {method}: name one that only asks, a GET or HEAD')


def base_url(api: ApiSettings, found: Contract) -> str:
    """Where an API's requests go: what the config says, else the first server of its contract's document.

    Raises:
        ConfigError: neither says.
    """
    if api.base_url is not None:
        return api.base_url
    assert isinstance(found, DocumentContract)  # the settings see to it
    try:
        return BaseUrl().read(servers.address(found.library.root, api.server_variables), Path())
    except (ContractError, ValueError) as error:
        raise ConfigError(f"apis.{api.name}.base_url is missing, and {error}") from error
