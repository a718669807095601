"""The composition root: settings become a running system. The only file that names a concrete store or transport."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeVar

from worker.auth import client_certificate, keyring
from worker.auth.keeper import Keeper
from worker.clock import SystemClock
from worker.contract import contract, own_checks, servers
from worker.contract.access import Access
from worker.contract.cache import CodeCache, default_folder
from worker.contract.contract import Contract, DocumentContract
from worker.contract.files import Files
from worker.contract.openapi import Habits
from worker.engine.api import Api, Cost
from worker.engine.callbacks import Callbacks
from worker.engine.canary import Canary
from worker.engine.consequences import Consequences
from worker.engine.finish import Finish
from worker.engine.marking import Marker
from worker.engine.pipeline import Pipeline
from worker.engine.renewal import Renewal
from worker.engine.runner import Parts, Runner, Times
from worker.errors import ConfigError, ContractError
from worker.events import Bus
from worker.job import Standstill
from worker.limits import budget, concurrency
from worker.limits.budget import Budget
from worker.limits.gate import Gates, Level
from worker.limits.pacer import Pacer
from worker.ports import Clock, Ledger, Queue, Quota, Stops
from worker.queues.memory.store import MemoryStore
from worker.queues.sqlite.store import SqliteStore
from worker.settings import ApiSettings, MtlsAuth, Settings, Validation
from worker.settings.web import BaseUrl
from worker.stages.capture import Capture
from worker.stages.dispatch import Destination
from worker.stages.judge import Policy
from worker.stages.pace import Pace
from worker.transport.aiohttp import AiohttpTransport, Options

T = TypeVar("T")

_TOKEN_BYTES = 65_536  # most that is read of a token endpoint's answer: tokens with many claims have some thousand
_SWITCH_S = 0.00002  # seconds; with the default of 5 ms a busy loop lets the store do 3,000 jobs/s, so 15,000


class Store(Protocol):
    """A queue and its ledger, and the connection behind both."""

    @property
    def queue(self) -> Queue:
        """The hot side."""

    @property
    def ledger(self) -> Ledger:
        """The cold side."""

    @property
    def stops(self) -> Stops:
        """Which lanes stand still."""

    def quota(self, budgets: Mapping[str, Sequence[Budget]]) -> Quota:
        """The account of these budgets, by API."""

    async def close(self) -> None:
        """Give the connection back, after what is under way has ended."""


def tune() -> None:
    """Set the interpreter up for this work.

    Jobs are trees of dicts that reference counting frees by itself: looking for cycles among them every 700 objects
    costs a third of the time of ``submit`` and finds nothing. And SQLite's thread must not wait 5 ms for each turn
    while the event loop is busy.
    """
    sys.setswitchinterval(_SWITCH_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def run_async(main: Callable[[], Awaitable[T]]) -> T:
    """Run a program to its end, on uvloop where there is one (not on Windows)."""

    async def body() -> T:
        return await main()

    try:
        import uvloop  # noqa: PLC0415 - only some platforms have it
    except ImportError:
        return asyncio.run(body())
    return uvloop.run(body())


@asynccontextmanager
async def open_store(settings: Settings, clock: Clock) -> AsyncIterator[Store]:
    """The store that the settings name, open until the block ends.

    Raises:
        StoreError: it cannot be opened; the message names it and the remedy.
    """
    path = settings.queue.path
    store: Store = MemoryStore(clock) if path is None else await SqliteStore.open(path, clock)
    try:
        yield store
    finally:
        await store.close()


def contracts(settings: Settings, environ: Mapping[str, str]) -> dict[str, Contract]:
    """The contract of every API, with the user's own checks, the files that jobs may send, and what opens operations.

    Raises:
        ContractError: a document cannot be used.
        ConfigError: the config names a check or an operation that is not there.
    """
    cache = CodeCache(default_folder(environ))
    found = {name: _contract(api, settings, cache) for name, api in settings.apis.items()}
    for name, api in settings.apis.items():
        origin = f"{settings.path or Path('preflight.toml')}: apis.{name}"
        if unknown := next((one for one in api.operations if one not in found[name].operations), None):
            said = f"the contract has no operation {unknown!r}; {found[name].suggestion(unknown)}"
            raise ConfigError(f"{origin}.operations: {said}")
        found[name].access = _access(api)
        found[name].strips = api.read_only == "strip"
        found[name].files = Files(api.files, f"apis.{name}.files")
        if api.checks:
            functions = own_checks.load(api.checks, f"{origin}.checks")
            found[name].own = own_checks.OwnChecks(functions, api.check_budget_s, system_clock())
    return found


def _access(api: ApiSettings) -> Access:
    section = f"apis.{api.name}"
    by_key = {key: Access(one, api.headers, f"{section}.credentials.{key}") for key, one in api.credentials.items()}
    return Access(api.auth, api.headers, f"{section}.auth", by_key)


def _contract(api: ApiSettings, settings: Settings, cache: CodeCache) -> Contract:
    engine = settings.worker.engine
    if api.contract is not None:
        habits = Habits(api.nullable, api.read_only, api.base_url, api.server_variables)
        return contract.from_document(api.contract, engine, cache, habits, api.contract_folders)
    origin = f"{settings.path or Path('preflight.toml')}: apis.{api.name}"
    return contract.from_declarations(api.operations, origin, engine, cache)


class Work:
    """A runner and what one may want to watch while it runs.

    Attributes:
        finish: knows what cannot be worked, and why.
    """

    def __init__(self, settings: Settings, apis: dict[str, Api], runner: Runner, finish: Finish, gates: Gates) -> None:
        self._settings = settings
        self._apis = apis
        self.runner = runner
        self.finish = finish
        self.gates = gates

    @property
    def warns(self) -> bool:
        """Whether there are operations whose contract is not enforced but warned of."""
        return any("warn" in api.modes.values() for api in self._apis.values())

    def hold_to(self, found: Mapping[str, Contract]) -> None:
        """Hold jobs to other contracts from now on; those that were admitted already are sent.

        Raises:
            ConfigError: a contract does not say where its API is; all stays as it was.
        """
        held = {name: _held_to(api, found[name], self._settings.apis[name]) for name, api in self._apis.items()}
        self._apis.update(held)
        for stop in self.gates.stops():  # what drifted may do so no longer
            if stop.kind is Standstill.DRIFTING:
                self.gates.lift(stop.scope, stop.kind)

    async def until_empty(self) -> None:
        """Work until nothing is left that can be done."""
        await self.runner.run(self.finish)


@asynccontextmanager
async def work(
    settings: Settings,
    found: Mapping[str, Contract],
    store: Store,
    bus: Bus,
    clock: Clock,
    canary: Canary | None = None,
) -> AsyncIterator[Work]:
    """Everything that works a queue, put together; connections are closed when the block ends."""
    async with AsyncExitStack() as stack:
        apis = {name: _api(api, found[name], clock) for name, api in settings.apis.items()}
        for api in apis.values():
            stack.push_async_callback(api.transport.close)
            stack.push_async_callback(api.keyring.close)
        budgets = {name: [budget.from_settings(one) for one in api.limits] for name, api in settings.apis.items()}
        gates = Gates(clock)
        quota = store.quota(budgets)
        pacer = Pacer(budgets)
        marker = Marker(store.queue, clock, settings.worker.lease_s)
        consequences = Consequences(apis, gates, quota, bus, clock)
        pipeline = Pipeline(apis, Pace(quota, pacer, gates, clock), marker, consequences, clock)
        limited = [name for name in apis if pacer.limits(name)]
        callbacks = Callbacks(apis, clock)
        parts = Parts(store.queue, quota, store.stops, limited, gates, pipeline, apis, bus, clock, canary, callbacks)
        runner = Runner(parts, Times(settings.worker.lease_s, settings.worker.drain_s))
        finish = Finish(store.queue, store.ledger, gates, apis.keys(), clock)
        renewal = Renewal(apis, gates, bus, clock)
        await renewal.begin(store.stops)
        looking = asyncio.create_task(renewal.run())
        stack.callback(looking.cancel)
        yield Work(settings, apis, runner, finish, gates)


def _api(api: ApiSettings, found: Contract, clock: Clock) -> Api:
    tls = client_certificate.tls(api.auth) if isinstance(api.auth, MtlsAuth) else None
    options = Options(api.connections, api.timeout_s, api.connect_timeout_s, api.reply_bytes, api.allow_private, tls)
    for_tokens = replace(options, concurrency=1, reply_bytes=_TOKEN_BYTES, tls=None)
    ring = keyring.from_settings(api, lambda: AiohttpTransport(for_tokens, clock), clock)
    base = base_url(api, found)
    concurrent, transport = concurrency.from_settings(api, AiohttpTransport(options, clock), clock)
    return Api(
        api.name,
        found,
        _destination(api, base, ring.default),
        _policies(api, found),
        _modes(api, found),
        api.drift,
        concurrent,
        transport,
        ring,
        api.ordered,
        api.closing,
        api.max_delayed,
        {key: _destination(api, base, keeper) for key, keeper in ring.by_key.items()},
        {limit.cost: Cost(limit.cost_from, limit.estimate) for limit in api.limits if limit.cost and limit.cost_from},
        {name: one.probe for name, one in api.operations.items() if one.probe},
        api.breaker,
        Capture(api.capture, api.capture_bytes),
    )


def _destination(api: ApiSettings, base: str, keeper: Keeper) -> Destination:
    carried = keeper.names if keeper.moves else ()
    headers = dict(api.headers)
    return Destination(base, keeper.worn, headers, api.idempotency_header, api.idempotency_quoted, carried)


def _held_to(api: Api, found: Contract, settings: ApiSettings) -> Api:
    base = base_url(settings, found)
    return replace(
        api,
        contract=found,
        policies=_policies(settings, found),
        modes=_modes(settings, found),
        destination=replace(api.destination, base_url=base),
        by_key={key: replace(to, base_url=base) for key, to in api.by_key.items()},
    )


def _policies(api: ApiSettings, found: Contract) -> dict[str, Policy]:
    by: Level = "key" if api.credentials else "api"
    return {
        operation: Policy(api.retries(operation), api.success(operation), api.vendor, by, api.capture != "none")
        for operation in found.operations
    }


def _modes(api: ApiSettings, found: Contract) -> dict[str, Validation]:
    return {operation: api.mode(operation) for operation in found.operations}


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


def system_clock() -> Clock:
    """The clock of a running program."""
    return SystemClock()
