"""Drafts the request of a job as it would be sent now: the same bytes, with holes where the API's secrets stand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from worker.auth.credential import Credential, StaticCredential, from_settings
from worker.contract.contract import Contract
from worker.engine.handwritten.marks import Marks
from worker.engine.handwritten.text import Hole, Text, holes
from worker.errors import UsageError
from worker.job import Job, from_payload
from worker.outcome import Refuse, Request, Unread
from worker.ports import Clock
from worker.redaction import REDACTED, redact
from worker.settings import ApiSettings, AuthSettings, BasicAuth
from worker.stages.authorise import authorise
from worker.stages.dispatch import Destination, compose
from worker.stages.validate import validate


class Account(NamedTuple):
    """A user name and a password that the program itself makes into a header (RFC 7617)."""

    username: str
    password: Text


@dataclass(frozen=True, slots=True)
class Draft:
    """A request without its secrets.

    Attributes:
        headers: in the order in which they are sent; without the one that ``account`` stands for.
        remarks: what the person who sends it should know, a sentence each.
    """

    method: str
    url: Text
    headers: tuple[tuple[str, Text], ...]
    body: bytes | None
    account: Account | None = None
    remarks: tuple[str, ...] = ()

    @property
    def holes(self) -> list[Hole]:
        """Every variable that has to be set, each once."""
        password = self.account.password if self.account else ()
        return holes([self.url, *(text for _, text in self.headers), password])


def draft(
    payload: Mapping[str, Any],
    contract: Contract,
    api: ApiSettings,
    base_url: str,
    environ: Mapping[str, str],
    clock: Clock,
) -> Draft:
    """The request of a job, whether its API would take it or not; ``remarks`` say why it would not.

    Args:
        payload: the job's JSON form, unredacted.
        contract: of the job's API.
        api: its settings.
        base_url: where its requests go.
        environ: what the settings were read with.
        clock: says whether the credential has expired, and makes marks.

    Raises:
        UsageError: no request can be made of this job; the message says why.
    """
    job, shown = _job(payload), _job(redact(payload))
    api = replace(api, auth=api.credentials.get(job.key or "", api.auth))
    marks = Marks(api, environ, clock)
    credential = from_settings(marks.auth())
    to = Destination(base_url, _worn(credential), marks.headers(), api.idempotency_header, api.idempotency_quoted)
    request = _request(job, contract, to)
    remarks = [*_refusals(job, contract, api), *_late(authorise(from_settings(api.auth), clock.now()))]
    if not isinstance(credential, StaticCredential):
        remarks.append(f"{' and '.join(credential.names)} are made when it leaves: they sign its bytes, and the time")
    if shown != job:
        remarks.append(f"the job holds secrets, which are not shown: write them where {REDACTED} stands")
        request = _shown(request, _request(shown, contract, to), to)
    return _unmarked(request, marks, api.auth, tuple(remarks))


def _job(payload: Mapping[str, Any]) -> Job:
    try:
        return from_payload(payload)
    except (TypeError, ValueError) as error:
        raise UsageError(f"this job cannot be read ({error}); submit it again with `preflight submit`") from error


def _request(job: Job, contract: Contract, to: Destination) -> Request:
    """The whole request, its files read.

    Raises:
        UsageError: there is none.
    """
    checked = validate(job, contract, "off")
    made = checked if isinstance(checked, Refuse) else compose(job, checked, to)
    if isinstance(made, Request) and isinstance(made.body, Unread):
        made = made.body.complete()
    if isinstance(made, Refuse):
        raise UsageError(
            f"this job makes no request ({made.problem.detail}): mend it with `preflight failures replay --set`"
        )
    return made


def _worn(credential: Credential) -> StaticCredential:
    """What can be put on a request before it leaves."""
    return credential if isinstance(credential, StaticCredential) else StaticCredential(credential.origin)


def _refusals(job: Job, contract: Contract, api: ApiSettings) -> Iterator[str]:
    verdict = validate(job, contract, "off" if api.mode(job.operation) == "off" else "enforce")
    if isinstance(verdict, Refuse):
        yield f"the contract does not allow this job: {verdict.problem.title}"
        for fault in verdict.problem.faults:
            yield f"{fault.pointer}: {fault.detail}" + (f" ({fault.hint})" if fault.hint else "")


def _late(refused: Refuse | None) -> list[str]:
    return [refused.problem.detail] if refused else []


def _shown(request: Request, redacted: Request, to: Destination) -> Request:
    """The redacted request with the key of the real one: it is made of the job's content."""
    key = to.idempotency_header
    headers = dict(redacted.headers) | ({key: request.headers[key]} if key else {})
    return redacted._replace(headers=headers)


def _unmarked(request: Request, marks: Marks, auth: AuthSettings, remarks: tuple[str, ...]) -> Draft:
    """The request with holes where its marks are."""
    headers, account = dict(request.headers), None
    password = marks.password(headers.get("Authorization", ""))
    if password is not None and isinstance(auth, BasicAuth):
        account = Account(auth.username, password)
        del headers["Authorization"]
    body = request.body
    assert not isinstance(body, Unread)  # _request has read it
    texts = tuple((name, marks.unmarked(value)) for name, value in headers.items())
    return Draft(request.method, marks.unmarked(request.url, in_url=True), texts, body, account, remarks)
