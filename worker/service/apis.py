"""Makes an API ready for work: the only file that names a concrete transport."""

from dataclasses import replace
from typing import Final

from worker.auth import client_certificate, keyring
from worker.contract.contract import Contract
from worker.engine.api import Api, Cost
from worker.limits import concurrency
from worker.limits.gate import Level
from worker.ports import Clock
from worker.service.documents import base_url
from worker.settings import ApiSettings, MtlsAuth, Validation
from worker.stages.capture import Capture
from worker.stages.dispatch import destination
from worker.stages.judge import Policy
from worker.transport.aiohttp import AiohttpTransport, Options

_TOKEN_BYTES: Final = 65_536  # most that is read of a token endpoint's answer: tokens with many claims have thousands


def made(api: ApiSettings, found: Contract, clock: Clock) -> Api:
    """An API as its settings and its contract have it; its connections are opened when they are needed.

    Raises:
        ConfigError: a credential cannot be used, or nothing says where the API is.
    """
    tls = client_certificate.tls(api.auth) if isinstance(api.auth, MtlsAuth) else None
    options = Options(api.connections, api.timeout_s, api.connect_timeout_s, api.reply_bytes, api.allow_private, tls)
    for_tokens = replace(options, concurrency=1, reply_bytes=_TOKEN_BYTES, tls=None)
    ring = keyring.from_settings(api, lambda: AiohttpTransport(for_tokens, clock), clock)
    base = base_url(api, found)
    concurrent, transport = concurrency.from_settings(api, AiohttpTransport(options, clock), clock)
    return Api(
        api.name,
        found,
        destination(api, base, ring.default),
        _policies(api, found),
        _modes(api, found),
        api.drift,
        concurrent,
        transport,
        ring,
        api.ordered,
        api.closing,
        api.max_delayed,
        {key: destination(api, base, keeper) for key, keeper in ring.by_key.items()},
        {limit.cost: Cost(limit.cost_from, limit.reserved) for limit in api.limits if limit.cost and limit.cost_from},
        {name: one.probe for name, one in api.operations.items() if one.probe},
        api.breaker,
        Capture(api.capture, api.capture_bytes),
    )


def _policies(api: ApiSettings, found: Contract) -> dict[str, Policy]:
    by: Level = "credential" if api.credentials else "api"
    return {
        operation: Policy(api.retries(operation), api.success(operation), api.vendor, by, api.capture != "none")
        for operation in found.operations
    }


def _modes(api: ApiSettings, found: Contract) -> dict[str, Validation]:
    return {operation: api.mode(operation) for operation in found.operations}
