from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from worker.auth.credential import StaticCredential
from worker.contract.endpoint import Endpoint
from worker.contract.operation import Body, Content, Operation, Parameter
from worker.contract.schema import Schemas
from worker.job import UNSET, Job
from worker.outcome import Request
from worker.stages.dispatch import Destination, compose
from worker.stages.validate import Checked

_BODY: Final = Body(required=False, contents=(Content("application/vnd.api+json"),))
_PARAMETERS: Final = (
    Parameter("id", "path", "id", required=True, schema=True, style="simple", explode=False),
    Parameter("q", "query", "q", required=False, schema=True, style="form", explode=True),
    Parameter("X-Mode", "header", "X-Mode", required=False, schema=True, style="simple", explode=False),
)


def _request(job: Job | None = None, body: Body | None = _BODY, **destination: Any) -> Request:
    job = job or _job()
    operation = Operation("op", "POST", "/things/{id}", _PARAMETERS, body)
    endpoint = Endpoint(operation, Schemas({}))
    given: dict[str, Any] = {"credential": StaticCredential("none"), "headers": {}, **destination}
    return compose(
        job, Checked(endpoint, job.params, job.body, endpoint.content(None)), Destination("https://h:8443/v1", **given)
    )


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


def test_a_job_cannot_bring_the_key_itself() -> None:
    """It would not be the same over retries of a mended job."""
    job = _job(headers={"idempotency-key": "mine"})
    headers = _request(job, idempotency_header="Idempotency-Key").headers
    assert [value for name, value in headers.items() if name.lower() == "idempotency-key"] != ["mine"]
