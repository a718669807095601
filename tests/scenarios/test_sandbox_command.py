"""``preflight sandbox`` as another process meets it."""

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SANDBOX = [sys.executable, "-c", "from worker.cli.sandbox import command; command()", "--port", "0"]


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and its url, once it has said so."""
    with subprocess.Popen([*SANDBOX, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())["url"]
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_its_url_serves_and_ends_well_on_a_signal(number: signal.Signals) -> None:
    """One JSON line on stdout, one friendly line on stderr, exit code 0."""
    with started() as (process, url):
        with urllib.request.urlopen(f"{url}/__sandbox__/counts") as answer:  # noqa: S310 - an http url of our own
            assert json.load(answer)["requests"] == 0
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert out == ""
    assert err == f"5 operations at {url}; Ctrl-C ends it\n"


def test_the_demo_behaviour_goes_by_its_name() -> None:
    """It knows the tokens of the demo, and no others."""
    with started("--behaviour", "demo", "--prefix", "/v2") as (_, url):
        assert url.endswith("/v2")
        request = urllib.request.Request(f"{url}/shops/ulm/orders", headers={"Authorization": "Bearer other"})  # noqa: S310 - an http url of our own
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)  # noqa: S310 - an http url of our own
    assert refused.value.code == 401
    refused.value.close()


def test_it_says_at_the_start_what_it_cannot_serve(tmp_path: Path) -> None:
    """On stderr, before the line that says where it listens; the rest is served."""
    contract = tmp_path / "a.json"
    paths = {
        "/a": {"get": {"operationId": "a", "parameters": [{"$ref": "#/gone"}]}},
        "/b": {"get": {"operationId": "b", "parameters": [{"name": "v", "in": "query", "schema": {"pattern": "["}}]}},
    }
    contract.write_text(json.dumps({"openapi": "3.1.0", "paths": paths}))
    with started(str(contract)) as (process, url):
        with urllib.request.urlopen(f"{url}/b?v=x") as answer:  # noqa: S310 - an http url of our own
            assert answer.status == 200
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{url}/a")  # noqa: S310 - an http url of our own
        refused.value.close()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    assert refused.value.code == 500
    assert err.splitlines() == [
        "urn:sandbox#/paths/~1b/get/parameters/0/schema has the pattern '[', which is no regular expression: ignored",
        "a answers 500: urn:sandbox#/gone does not exist: correct the $ref that leads there",
        f"2 operations at {url}; Ctrl-C ends it",
    ]


def test_it_serves_a_contract_that_it_is_given(tmp_path: Path) -> None:
    """And remembers when told to."""
    contract = tmp_path / "a.json"
    contract.write_text(json.dumps({"openapi": "3.1.0", "paths": {"/a": {"get": {"operationId": "a"}}}}))
    with started(str(contract), "--remember") as (_, url):
        with urllib.request.urlopen(f"{url}/a") as answer:  # noqa: S310 - an http url of our own
            assert json.load(answer) == {"id": "1", "operation": "a", "received": True}
        with urllib.request.urlopen(f"{url}/__sandbox__/requests") as answer:  # noqa: S310 - an http url of our own
            assert json.load(answer)["operation"] == "a"
