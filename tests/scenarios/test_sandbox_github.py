"""The sandbox serves a contract of the size that exists: GitHub's."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from worker.sandbox import Contract, Sandbox, serve

DOCUMENT: Final = Path(__file__).parents[2] / ".corpus" / "package" / "generated" / "api.github.com.json"

pytestmark = pytest.mark.corpus


@pytest.fixture(scope="module")
def github() -> Contract:
    """The whole contract, 13 MB."""
    if not DOCUMENT.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{DOCUMENT} is not there: run `make corpus` first")
        pytest.skip(f"{DOCUMENT} is not there: `make corpus` fetches it")
    return Contract.read(DOCUMENT)


@pytest.fixture
async def url(github: Contract) -> AsyncIterator[str]:
    """Where it is served."""
    running = await serve(Sandbox(github))
    yield running.url
    await running.close()


def test_every_operation_is_routed_and_every_schema_compiles(github: Contract) -> None:
    """1,223 operations; each is found by its own path, and what it judges by is usable."""
    assert len(github.operations) == 1223
    for operation in github.operations.values():
        found = github.routes.find(operation.method, operation.path.replace("{", "a").replace("}", "z"))
        assert found is not None
        assert found[0] is operation
        media = operation.body.media if operation.body else ()
        for place in [*(each.schema for each in media), *(parameter.schema for parameter in operation.parameters)]:
            assert place is None or github.schemas.validator(place) is not None


@pytest.mark.parametrize(
    ("method", "target", "body", "status"),
    [
        ("POST", "/repos/octocat/hello/issues", {"title": "Found a bug", "labels": ["bug", {"name": "ui"}]}, 201),
        ("POST", "/repos/octocat/hello/issues", {"title": 17, "milestone": 3}, 201),
        # GitHub means null, and writes `nullable` without a `type`, where OpenAPI 3.0.3 gives it no meaning.
        ("POST", "/repos/octocat/hello/issues", {"title": "x", "milestone": None}, 422),
        ("POST", "/repos/octocat/hello/issues", {"body": "no title"}, 422),
        ("POST", "/repos/octocat/hello/issues", {"title": "x", "assignees": "octocat"}, 422),
        ("POST", "/repos/octocat/hello/issues", {"title": "x", "milestone": 1.5}, 422),
        ("GET", "/repos/octocat/hello/issues?state=open&per_page=10&labels=bug,ui", None, 200),
        ("GET", "/repos/octocat/hello/issues?state=ajar", None, 422),
        ("GET", "/repos/octocat/hello/issues?per_page=ten", None, 422),
        ("GET", "/repos/octocat/hello/issues?colour=red", None, 400),
        ("GET", "/repos/octocat/hello/issues/x", None, 422),
        ("GET", "/repos/octocat/hello/contents/docs%2Fread.me", None, 200),
        ("DELETE", "/repos/octocat/hello/issues", None, 405),
        ("GET", "/nowhere", None, 404),
    ],
)
async def test_requests_to_github_are_judged(url: str, method: str, target: str, body: Any, status: int) -> None:
    """Good and bad ones, over the wire."""
    async with aiohttp.ClientSession() as session, session.request(method, url + target, json=body) as response:
        assert response.status == status, await response.text()
