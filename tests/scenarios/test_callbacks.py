"""Receivers are told what became of jobs: signed, and again until they have heard it."""

import base64
import hashlib
import hmac
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from tests.conftest import Api, Shell

Orders = Callable[..., list[dict[str, Any]]]
OpenShop = Callable[..., "Api"]

_KEY: Final = b"a key that only the two of us know"
_FAILING: Final = 2  # times that each message is turned away


class Receiver(ThreadingHTTPServer):
    """Verifies what it is told, as https://www.standardwebhooks.com says, and turns each message away twice.

    Attributes:
        tries: by message id.
        heard: path and content of the messages that were taken.
        forged: messages that were not signed as they should be.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tries: Counter[str] = Counter()
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.forged: list[Mapping[str, str]] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        """Take a message, or do not."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(_KEY, signed, hashlib.sha256).digest()).decode()
        if self.headers["webhook-signature"] != f"v1,{expected}":
            self.server.forged.append(dict(self.headers))
        self.server.tries[self.headers["webhook-id"]] += 1
        taken = self.server.tries[self.headers["webhook-id"]] > _FAILING
        if taken:
            self.server.heard.append((self.path, json.loads(body)))
        self.send_response(204 if taken else 500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """One that listens."""
    with Receiver() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_receivers_hear_of_every_job_once_though_they_turn_it_away(
    shell: "Shell", open_shop: OpenShop, orders: Orders, receiver: Receiver
) -> None:
    """Each message has one id over its tries, a fresh signature on each, and what the ledger says of the job."""
    shell.environ["HOOK_SECRET"] = f"whsec_{base64.b64encode(_KEY).decode()}"
    after = (
        f'[apis.shop.callbacks]\non_delivered = "{receiver.url}/done?v=1"\non_failed = "{receiver.url}/failed"\n'
        'secret = "${env:HOOK_SECRET}"\n'
    )
    open_shop(after=after)
    shell.write("orders.jsonl", [*orders(3), *orders(1, start=9, currency="gold")])
    assert shell("submit", "orders.jsonl", "--json").json["accepted"] == 4

    ran = shell("run", "--until-empty", "--json")

    assert ran.code == 1  # the bad one
    assert receiver.forged == []
    assert set(receiver.tries.values()) == {_FAILING + 1}
    told = {(path, body["type"], body["data"]["id"]) for path, body in receiver.heard}
    done = {("/done?v=1", "job.delivered", f"o{number}") for number in range(3)}
    assert told == done | {("/failed", "job.failed", "o9")}
    assert len(receiver.heard) == 4
    failure = next(body["data"] for path, body in receiver.heard if path == "/failed")
    assert failure["cause"] == "invalid"
    assert failure["problem"]["errors"][0]["pointer"] == "#/body/currency"
    assert shell.states == {"delivered": 7, "dead": 1}


def test_a_receiver_that_never_listens_is_a_failure_like_any(
    shell: "Shell", open_shop: OpenShop, orders: Orders, receiver: Receiver
) -> None:
    """It is told of nobody: callbacks have none themselves. Nor does it keep the jobs that it is told of waiting."""
    receiver.shutdown()
    receiver.server_close()
    open_shop(after=f'[apis.shop.callbacks]\non_delivered = "{receiver.url}/done"\n')
    shell.write("orders.jsonl", orders(2))
    shell("submit", "orders.jsonl")
    ran = shell("run", "--until-empty", "--json")
    assert ran.code == 3
    assert "shop.on_delivered" in ran.err
    assert shell.states == {"delivered": 2, "ready": 2}
