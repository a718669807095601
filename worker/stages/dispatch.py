"""Writes a job's request: the exact bytes that are sent, made once."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Final

import orjson

from worker import __version__
from worker.auth.cookie import joined
from worker.auth.credential import StaticCredential
from worker.auth.keeper import Keeper
from worker.contract.media import Kind, covers, essence, kind_of, named_in, sent_as
from worker.contract.operation import Content
from worker.contract.serialise import is_header_value
from worker.contract.writing import Written, names_files, write
from worker.job import UNSET, Job
from worker.outcome import Refuse, Request, Unread
from worker.settings import ApiSettings
from worker.stages.refusal import refusal
from worker.stages.validate import Checked

_JSON: Final = "application/json"
_OUR_HEADERS: Final = {"User-Agent": f"preflight/{__version__}"}


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an API's requests go, and what goes with each of them.

    Attributes:
        base_url: without a slash at its end.
        credential: what is put on every request when it is made; empty where that is done when it leaves.
        headers: the config's, sent with every request.
        idempotency_header: gets one key per job, the same over retries; None sends none.
        idempotency_quoted: the key is in quotes, a structured field's string (RFC 9651).
        carried: names of headers that are put on requests when they leave.
        fixed: headers that are the same for every request, weakest first: ours, then the config's.
        cookies: the config's, ``a=1; b=2``, and the credential's; None where there are neither.
        reserved: names, in lower case, that neither a job nor a parameter may set: the credential's, the key's, and
            the body's type, which the job asks for and the contract decides.
    """

    base_url: str
    credential: StaticCredential
    headers: Mapping[str, str]
    idempotency_header: str | None = None
    idempotency_quoted: bool = False
    carried: Collection[str] = ()
    fixed: Mapping[str, str] = field(init=False, repr=False)
    cookies: tuple[str, str] | None = field(init=False, repr=False)
    reserved: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        ours = (*self.credential.headers, *self.carried, self.idempotency_header or "", "content-type")
        reserved = {name.lower() for name in ours}
        fixed = _allowed(_merged(_OUR_HEADERS, self.headers), reserved)
        accept, cookie = _named(fixed, "accept"), _named(fixed, "cookie")
        object.__setattr__(self, "reserved", frozenset(reserved))
        object.__setattr__(
            self, "fixed", _allowed(fixed, {"accept", "cookie"}) | ({"Accept": accept} if accept else {})
        )
        object.__setattr__(
            self, "cookies", (cookie, self.credential.cookie) if cookie or self.credential.cookie else None
        )


def destination(api: ApiSettings, base_url: str, keeper: Keeper) -> Destination:
    """Where the requests of an API go that travel with one of its credentials."""
    carried = keeper.names if keeper.moves else ()
    headers = dict(api.headers)
    return Destination(base_url, keeper.worn, headers, api.idempotency_header, api.idempotency_quoted, carried)


def compose(job: Job, checked: Checked, to: Destination) -> Request:
    """The request of a checked job. It starts with the API's base URL: no param can change scheme, host or port."""
    content, body = checked.content, checked.body
    if body is UNSET:
        return _request(job, checked, to, None)
    if content is None:
        return _request(job, checked, to, orjson.dumps(body), _JSON)
    asked = named_in(job.headers) if job.headers else None
    if asked is None and (media_type := _as_json(content.media_type, content.written)) is not None:  # nearly always
        return _request(job, checked, to, orjson.dumps(body), media_type)
    if names_files(content, body, asked):
        unread = Unread(partial(_complete, job, checked, to, content))
        return _request(job, checked, to, None)._replace(headers={}, body=unread)
    written = write(content, body, checked.endpoint.files, asked)
    assert isinstance(written, Written), "a checked body can be written"
    return _request(job, checked, to, *written)


def _complete(job: Job, checked: Checked, to: Destination, content: Content) -> Request | Refuse:
    written = write(content, checked.body, checked.endpoint.files, named_in(job.headers))
    if isinstance(written, Written):
        return _request(job, checked, to, *written)
    return Refuse(refusal(written, "validate"))


def _request(job: Job, checked: Checked, to: Destination, body: bytes | None, media_type: str = "") -> Request:
    endpoint = checked.endpoint
    operation = endpoint.operation
    target = endpoint.serialiser.target(checked.params)
    headers = {"Accept": _accept(operation.answers), **to.fixed}
    own: Mapping[str, str] = {}
    if endpoint.serialiser.sets_headers or job.headers:
        own = _allowed(_merged(endpoint.serialiser.headers(checked.params), job.headers), to.reserved)
        headers = _merged(headers, own)
    if body is not None:
        headers["Content-Type"] = media_type
    if to.cookies is not None:
        configured, credential = to.cookies
        cookie = joined(configured, _named(headers, "cookie"), credential)
        headers = {**_allowed(headers, {"cookie"}), "Cookie": cookie}
    if to.idempotency_header is not None:
        key = idempotency_key(job, target, body, own)
        headers[to.idempotency_header] = f'"{key}"' if to.idempotency_quoted else key
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


@lru_cache(maxsize=1024)
def _as_json(media_type: str, written: Kind | None) -> str | None:
    """What JSON is sent as; None of what is written in another way. Remembered: asked for every job."""
    return sent_as(media_type) if (written or kind_of(media_type)) == "json" else None


@lru_cache(maxsize=1024)
def _accept(answers: frozenset[str]) -> str:
    """What is asked for as an answer: JSON where the contract has it, else what the contract has, and JSON for errors.

    Never ``*/*`` beside others: there are frameworks that take it for the sign of a browser, and answer with HTML.
    """
    names = sorted({essence(one) for one in answers if is_header_value(one) and "," not in one})
    if not names or any(covers(one, _JSON) for one in names):
        return _JSON
    structured = [one for one in names if kind_of(one) == "json"]
    return ", ".join(structured or (*names, f"{_JSON};q=0.5"))


def _named(headers: Mapping[str, str], lower: str) -> str:
    """The value of a header, named without case; empty where there is none."""
    return next((value for name, value in headers.items() if name.lower() == lower), "")


def _merged(headers: Mapping[str, str], stronger: Mapping[str, str]) -> dict[str, str]:
    """Headers with others that win over them, names compared without case."""
    return _allowed(headers, {name.lower() for name in stronger}) | dict(stronger)


def _allowed(headers: Mapping[str, str], reserved: Collection[str]) -> dict[str, str]:
    """Headers without those whose names, in lower case, are reserved."""
    return {name: value for name, value in headers.items() if name.lower() not in reserved}
