from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.auth.credential import StaticCredential
from worker.contract.endpoint import Endpoint
from worker.contract.files import Files
from worker.contract.media import named_in
from worker.contract.operation import Body, Content, Operation, Parameter
from worker.contract.schema import Schemas
from worker.contract.serialise import is_header_value
from worker.job import UNSET, Job
from worker.outcome import Cause, Refuse, Request, Unread
from worker.stages.dispatch import Destination, compose
from worker.stages.validate import Checked

_BODY: Final = Body(required=False, contents=(Content("application/vnd.api+json"),))
_PARAMETERS: Final = (
    Parameter("id", "path", "id", required=True, schema=True, style="simple", explode=False),
    Parameter("q", "query", "q", required=False, schema=True, style="form", explode=True),
    Parameter("X-Mode", "header", "X-Mode", required=False, schema=True, style="simple", explode=False),
    Parameter("sid", "cookie", "sid", required=False, schema=True, style="form", explode=True),
    Parameter("lang", "cookie", "lang", required=False, schema=True, style="form", explode=True),
)


def _request(
    job: Job | None = None, body: Body | None = _BODY, files: Path | None = None, answers: str = "", **destination: Any
) -> Request:
    job = job or _job()
    operation = Operation(
        "op", "POST", "/things/{id}", _PARAMETERS, body, answers=frozenset(filter(None, answers.split("|")))
    )
    endpoint = Endpoint(operation, Schemas({}), Files(files))
    given: dict[str, Any] = {"credential": StaticCredential("none"), "headers": {}, **destination}
    checked = Checked(endpoint, job.params, job.body, endpoint.content(named_in(job.headers)))
    return compose(job, checked, Destination("https://h:8443/v1", **given))


def _job(params: Mapping[str, Any] | None = None, **more: Any) -> Job:
    return Job("1", "shop", "op", params={"id": "a", **(params or {})}, **more)


def test_a_request_goes_to_the_base_url() -> None:
    """With its path and query behind it, and the body as the contract calls it."""
    request = _request(_job({"id": "../x", "q": "1"}, body={"a": 1}))
    assert (request.method, request.url) == ("POST", "https://h:8443/v1/things/..%2Fx?q=1")
    assert (request.body, request.headers["Content-Type"]) == (b'{"a":1}', "application/vnd.api+json")
    assert request.headers["Accept"] == "application/json"


def test_a_null_body_is_sent_and_a_missing_one_is_not() -> None:
    """A body that no contract describes is JSON."""
    assert _request(_job(body=None)).body == b"null"
    assert _request(_job(body=UNSET)).body is None
    assert "Content-Type" not in _request().headers
    assert _request(_job(body=1), None).headers["Content-Type"] == "application/json"


def test_stronger_headers_win_and_each_stands_once() -> None:
    """Ours, the config's, the contract's, the job's, the credential's: in this order, whatever the case."""
    credential = StaticCredential("env:X", {"X-KEY": "credential"})
    config = {"accept": "text/x", "x-mode": "config", "x-trace": "config", "x-key": "config", "content-type": "text/x"}
    job = _job({"X-Mode": "param"}, headers={"X-TRACE": "job", "X-Key": "job"}, body=1)
    headers = _request(job, headers=config, credential=credential).headers
    assert {name.lower(): value for name, value in headers.items() if name != "User-Agent"} == {
        "accept": "text/x",
        "x-mode": "param",
        "x-trace": "job",
        "x-key": "credential",
        "content-type": "application/vnd.api+json",
    }
    assert len({name.lower() for name in headers}) == len(headers)


def test_a_credential_in_the_query_comes_last() -> None:
    """Behind what is there already."""
    credential = StaticCredential("env:X", query="key=s")
    assert _request(credential=credential).url.endswith("/things/a?key=s")
    assert _request(_job({"q": "1"}), credential=credential).url.endswith("/things/a?q=1&key=s")


def _key(job: Job, **destination: Any) -> str:
    return _request(job, idempotency_header="Idempotency-Key", **destination).headers["Idempotency-Key"]


def test_the_key_is_the_same_for_the_same_job() -> None:
    """Over retries, other credentials, other config headers, and meta that nobody sends."""
    job = _job(body={"a": 1})
    assert len(_key(job)) == 32
    assert _key(job) == _key(replace(job, meta={"row": 2}, priority=5))
    assert _key(job) == _key(job, credential=StaticCredential("env:X", query="key=new"), headers={"X": "1"})
    assert _request(job, idempotency_header="Idempotency-Key").idempotent
    assert not _request(job).idempotent


@pytest.mark.parametrize(
    "mended",
    [
        _job(body={"a": 2}),
        _job({"id": "b"}, body={"a": 1}),
        _job({"q": "1"}, body={"a": 1}),
        _job({"X-Mode": "m"}, body={"a": 1}),
        _job(body={"a": 1}, headers={"X-Trace": "1"}),
        replace(_job(body={"a": 1}), id="2"),
    ],
    ids=["body", "path", "query", "parameter", "header", "id"],
)
def test_the_key_is_another_once_the_job_was_mended(mended: Job) -> None:
    """An API would answer the old request again."""
    assert _key(mended) != _key(_job(body={"a": 1}))


def test_the_key_is_quoted_where_the_vendor_wants_a_structured_field() -> None:
    """The IETF's draft has a string in quotes; most vendors take them for a part of the key."""
    job = _job(body={"a": 1})
    assert _key(job, idempotency_quoted=True) == f'"{_key(job)}"'


def test_a_job_cannot_bring_the_key_itself() -> None:
    """It would not be the same over retries of a mended job."""
    job = _job(headers={"idempotency-key": "mine"})
    headers = _request(job, idempotency_header="Idempotency-Key").headers
    assert [value for name, value in headers.items() if name.lower() == "idempotency-key"] != ["mine"]


def _as(media_type: str) -> Body:
    return Body(required=True, contents=(Content(media_type),))


@pytest.mark.parametrize(
    ("contract", "asked", "sent"),
    [
        ("application/json", "application/json; charset=utf-8", "application/json; charset=utf-8"),
        ("application/*+json", None, "application/json"),
        ("*/*", None, "application/json"),
        ("text/*", None, "text/plain"),
        ("text/*", "text/csv; charset=utf-8", "text/csv; charset=utf-8"),
        ("image/*", "image/png", "image/png"),
        ("image/png", "IMAGE/PNG", "IMAGE/PNG"),
    ],
)
def test_a_body_is_sent_as_what_the_job_asks_for(contract: str, asked: str | None, sent: str) -> None:
    """Where the contract covers it, with its parameters."""
    headers = {"content-type": asked} if asked else {}
    request = _request(_job(body="x", headers=headers), _as(contract))
    types = [value for name, value in request.headers.items() if name.lower() == "content-type"]
    assert types == [sent]


def test_a_form_is_sent_with_its_boundary() -> None:
    """Which is ours, whatever the job says."""
    headers = {"Content-Type": "multipart/form-data; boundary=mine"}
    request = _request(_job(body={"a": "1"}, headers=headers), _as("multipart/form-data"))
    media_type, _, boundary = request.headers["Content-Type"].partition("; boundary=")
    assert media_type == "multipart/form-data"
    assert isinstance(request.body, bytes)
    assert request.body.startswith(f"--{boundary}\r\n".encode())


@pytest.mark.parametrize(
    ("answers", "accept"),
    [
        ("", "application/json"),
        ("application/json|text/csv", "application/json"),
        ("*/*", "application/json"),
        ("application/vnd.api+json|text/html", "application/vnd.api+json"),
        ("text/csv; header=present|application/pdf", "application/pdf, text/csv, application/json;q=0.5"),
        ("image/*", "image/*, application/json;q=0.5"),
        ("text/a\nEvil: 1", "application/json"),
    ],
)
def test_what_the_contract_answers_is_asked_for(answers: str, accept: str) -> None:
    """JSON before all else; no wildcard behind a comma, which Rails takes for a browser."""
    assert _request(answers=answers).headers["Accept"] == accept


def test_the_accept_of_a_job_or_a_config_wins() -> None:
    """Whatever its case; once."""
    of_config = _request(headers={"ACCEPT": "text/x"}, answers="text/csv").headers
    of_job = _request(_job(headers={"accept": "text/y"}), headers={"Accept": "text/x"}).headers
    assert [value for name, value in of_config.items() if name.lower() == "accept"] == ["text/x"]
    assert [value for name, value in of_job.items() if name.lower() == "accept"] == ["text/y"]


def test_all_cookies_are_in_one_header() -> None:
    """The params', the config's, the credential's; the stronger of two with one name."""
    credential = StaticCredential("env:X", cookie="sid=secret")
    job = _job({"sid": "forged", "lang": "de"})
    assert _request(job).headers["Cookie"] == "sid=forged; lang=de"
    assert _request(job, credential=credential).headers["Cookie"] == "lang=de; sid=secret"
    assert _request(credential=credential, headers={"cookie": "a=1"}).headers["Cookie"] == "a=1; sid=secret"
    both = _request(_job({"lang": ["de", "fr"]}), headers={"cookie": "a=1; lang=en"}).headers
    assert [value for name, value in both.items() if name.lower() == "cookie"] == ["a=1; lang=de; lang=fr"]


_NASTY: Final = st.text(st.sampled_from("a1 ;,=&#?/%+\"'\\\r\n\t\0:äX-"), max_size=8)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("q", "X-Mode", "sid", "lang"), _NASTY)))
def test_no_value_can_add_a_header_a_cookie_or_a_parameter(params: dict[str, str]) -> None:
    """Each is where it belongs, and nothing else is; or else the job is refused."""
    endpoint = Endpoint(Operation("op", "POST", "/things/{id}", _PARAMETERS), Schemas({}))
    if endpoint.faults({"id": "a", **params}, UNSET):
        return
    request = _request(_job(params), credential=StaticCredential("env:X", cookie="sid=secret", query="key=s"))
    names = {"Accept", "User-Agent", "Cookie"} | ({"X-Mode"} & params.keys())
    assert set(request.headers) == names
    assert all(is_header_value(value) for value in request.headers.values())
    cookies = [pair.partition("=")[0] for pair in request.headers["Cookie"].split("; ")]
    assert cookies == (["lang", "sid"] if "lang" in params else ["sid"])
    query = [("q", params["q"])] if "q" in params else []
    assert parse_qsl(urlsplit(request.url).query, keep_blank_values=True) == [*query, ("key", "s")]
    assert urlsplit(request.url)[:3] == ("https", "h:8443", "/v1/things/a")


_FORM: Final = _as("multipart/form-data")
_PHOTO: Final = {"photo": {"$file": "a.png"}, "title": "x"}


def _complete(request: Request) -> Request | Refuse:
    assert isinstance(request.body, Unread)
    return request.body.complete()


def test_files_are_read_when_the_request_leaves(tmp_path: Path) -> None:
    """Until then nothing of them is in memory; what it is called and its key are known by then."""
    (tmp_path / "a.png").write_bytes(b"one")
    waiting = _request(_job(body=_PHOTO), _FORM, tmp_path, idempotency_header="Key")
    (tmp_path / "a.png").write_bytes(b"other")
    request = _complete(waiting)
    assert isinstance(request, Request)
    assert isinstance(request.body, bytes)
    assert b"other" in request.body
    assert request.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert (waiting.url, waiting.method, waiting.idempotent) == (request.url, request.method, request.idempotent)


def test_the_key_of_a_job_with_files_is_that_of_their_bytes(tmp_path: Path) -> None:
    """The same after a copy, which changes their times; another after a change that keeps their size."""

    def key() -> str:
        request = _complete(_request(_job(body=_PHOTO), _FORM, tmp_path, idempotency_header="Key"))
        assert isinstance(request, Request)
        return request.headers["Key"]

    (tmp_path / "a.png").write_bytes(b"one")
    first = key()
    (tmp_path / "a.png").unlink()
    (tmp_path / "a.png").write_bytes(b"one")
    assert key() == first
    (tmp_path / "a.png").write_bytes(b"two")
    assert key() != first


def test_a_file_that_has_gone_refuses_the_request(tmp_path: Path) -> None:
    """As it would have been when the job was validated."""
    refused = _complete(_request(_job(body=_PHOTO), _FORM, tmp_path))
    assert isinstance(refused, Refuse)
    assert (refused.problem.cause, refused.problem.stage) == (Cause.INVALID, "validate")
    assert [one.pointer for one in refused.problem.faults] == ["#/body/photo"]
