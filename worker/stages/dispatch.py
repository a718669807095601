"""Writes a job's request: the exact bytes that are sent, made once."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson

from worker import __version__
from worker.auth.credential import Credential
from worker.contract.media import sent_as
from worker.job import UNSET, Job
from worker.outcome import Request
from worker.stages.validate import Checked

_OUR_HEADERS: Final = {"Accept": "application/json", "User-Agent": f"preflight/{__version__}"}


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an API's requests go, and what goes with each of them.

    Attributes:
        base_url: without a slash at its end.
        headers: the config's, sent with every request.
        idempotency_header: gets one key per job, the same over retries; None sends none.
        fixed: headers that are the same for every request, weakest first: ours, then the config's.
        reserved: names, in lower case, that neither a job nor a parameter may set: the credential's, the key's, and
            the body's type, which the job asks for and the contract decides.
    """

    base_url: str
    credential: Credential
    headers: Mapping[str, str]
    idempotency_header: str | None = None
    fixed: Mapping[str, str] = field(init=False, repr=False)
    reserved: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        reserved = {name.lower() for name in (*self.credential.headers, self.idempotency_header or "")} | {
            "content-type"
        }
        object.__setattr__(self, "reserved", frozenset(reserved))
        object.__setattr__(self, "fixed", _allowed(_merged(_OUR_HEADERS, self.headers), reserved))


def compose(job: Job, checked: Checked, to: Destination) -> Request:
    """The request of a checked job. It starts with the API's base URL: no param can change scheme, host or port."""
    endpoint = checked.endpoint
    operation = endpoint.operation
    target = endpoint.serialiser.target(checked.params)
    body = None if checked.body is UNSET else orjson.dumps(checked.body)
    headers = dict(to.fixed)
    own: Mapping[str, str] = {}
    if endpoint.serialiser.sets_headers or job.headers:
        own = _allowed(_merged(endpoint.serialiser.headers(checked.params), job.headers), to.reserved)
        headers = _merged(headers, own)
    if body is not None:
        headers["Content-Type"] = sent_as(checked.content.media_type) if checked.content else "application/json"
    if to.idempotency_header is not None:
        headers[to.idempotency_header] = idempotency_key(job, target, body, own)
    headers.update(to.credential.headers)
    if to.credential.query:
        target += ("&" if "?" in target else "?") + to.credential.query
    idempotent = operation.idempotent or to.idempotency_header is not None
    return Request(operation.method, to.base_url + target, headers, body, idempotent)


def idempotency_key(job: Job, target: str, body: bytes | None, headers: Mapping[str, str]) -> str:
    """32 hexadecimal digits that are the same whenever the same job is sent, and others once it was mended.

    Args:
        job: says who it is.
        target: path and query, without the credential, which may change while the job stays the same.
        body: as it is sent.
        headers: those that the job brings, and those made of its params.
    """
    told = "".join(f"{name}: {headers[name]}\n" for name in sorted(headers))
    text = f"{job.api}\0{job.operation}\0{job.id}\0{target}\0{told}\0"
    return hashlib.blake2b(text.encode() + (body or b""), digest_size=16).hexdigest()


def _merged(headers: Mapping[str, str], stronger: Mapping[str, str]) -> dict[str, str]:
    """Headers with others that win over them, names compared without case."""
    return _allowed(headers, {name.lower() for name in stronger}) | dict(stronger)


def _allowed(headers: Mapping[str, str], reserved: Collection[str]) -> dict[str, str]:
    """Headers without those whose names, in lower case, are reserved."""
    return {name: value for name, value in headers.items() if name.lower() not in reserved}
