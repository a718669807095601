"""Writes a job's request: the exact bytes that are sent, made once."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from worker import __version__
from worker.auth.credential import Credential
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
    """

    base_url: str
    credential: Credential
    headers: Mapping[str, str]
    idempotency_header: str | None = None


def compose(job: Job, checked: Checked, to: Destination) -> Request:
    """The request of a checked job. It starts with the API's base URL: no param can change scheme, host or port."""
    operation = checked.endpoint.operation
    target = checked.endpoint.serialiser.target(checked.params)
    body = None if job.body is UNSET else orjson.dumps(job.body)
    headers = {**_OUR_HEADERS, **to.headers, **checked.endpoint.serialiser.headers(checked.params)}
    if body is not None and operation.body is not None:
        headers["Content-Type"] = operation.body.media_type
    if job.headers:
        headers = _merged(headers, job.headers)
    if to.idempotency_header:
        headers = _merged(headers, {to.idempotency_header: idempotency_key(job, target, body)})
    if to.credential.headers:
        headers = _merged(headers, to.credential.headers)
    if to.credential.query:
        target += ("&" if "?" in target else "?") + to.credential.query
    idempotent = operation.idempotent or to.idempotency_header is not None
    return Request(operation.method, to.base_url + target, headers, body, idempotent)


def idempotency_key(job: Job, target: str, body: bytes | None) -> str:
    """32 hexadecimal digits that are the same whenever the same job is sent, and others once it was mended."""
    text = f"{job.api}\0{job.operation}\0{job.id}\0{target}\0"
    return hashlib.blake2b(text.encode() + (body or b""), digest_size=16).hexdigest()


def _merged(headers: dict[str, str], stronger: Mapping[str, str]) -> dict[str, str]:
    """Headers with others that win over them, names compared without case."""
    names = {name.lower() for name in stronger}
    kept: dict[str, Any] = {name: value for name, value in headers.items() if name.lower() not in names}
    return kept | dict(stronger)
