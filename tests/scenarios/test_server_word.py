"""APIs that say of limits what they like, and as they like: it is heeded, and no job is lost or charged for it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from worker.clock import SystemClock

if TYPE_CHECKING:
    from tests.conftest import Ending, Shell

_CLOCK: Final = SystemClock()
_RATE: Final = 20
_PER_S: Final = 0.5
_JOBS: Final = 60
_HARDLY_EVER: Final = 3  # of three windows
_CONFIG: Final = """
[queue]
url = "sqlite:///queue.db"
[apis.shop]
base_url = "{url}"
concurrency = 4
limits = []
{profile}
[apis.shop.retry]
max_attempts = 1
[apis.shop.operations.send]
method = "POST"
path = "/"
body = {{type = "object"}}
"""


class Count(NamedTuple):
    """Whether one more request is allowed, how many are left, and until when (epoch seconds)."""

    allowed: bool
    left: int
    until: float


class Said(NamedTuple):
    """An answer."""

    status: int
    headers: dict[str, str]
    body: object = None


class Vendor:
    """Counts requests in fixed windows, and says of them what its vendor would."""

    def __init__(self, says: Callable[[Count], Said]) -> None:
        self.says = says
        self.done = self.refused = 0
        self._lock = threading.Lock()
        self._window = self._count = 0

    def answer(self) -> Said:
        """What the next request gets."""
        with self._lock:
            window = int(_CLOCK.now() / _PER_S)
            self._window, self._count = window, (self._count if window == self._window else 0)
            allowed = self._count < _RATE
            self._count += allowed
            self.done += allowed
            self.refused += not allowed
            return self.says(Count(allowed, _RATE - self._count, (window + 1) * _PER_S))


@contextmanager
def _serving(vendor: Vendor) -> Iterator[str]:
    """The URL at which a vendor answers."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            said = vendor.answer()
            body = json.dumps(said.body).encode()
            self.send_response(said.status)
            for name, value in (said.headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _usual(count: Count) -> Said:
    told = {"Limit": str(_RATE), "Remaining": str(count.left), "Reset": str(count.until - _CLOCK.now())}
    return Said(201 if count.allowed else 429, {f"X-RateLimit-{name}": value for name, value in told.items()})


def _draft(count: Count) -> Said:
    left = f'"default";r={count.left};t={count.until - _CLOCK.now():.3f}'
    policy = f'"default";q={_RATE};w=1'
    return Said(201 if count.allowed else 429, {"RateLimit": left, "RateLimit-Policy": policy})


def _github(count: Count) -> Said:
    told = {"Limit": str(_RATE), "Remaining": str(count.left), "Reset": f"{count.until:.3f}"}
    return Said(201 if count.allowed else 403, {f"X-RateLimit-{name}": value for name, value in told.items()})


def _shopify(count: Count) -> Said:
    status = {"maximumAvailable": 10 * _RATE, "currentlyAvailable": 10 * count.left, "restoreRate": 10 * _RATE / _PER_S}
    body: dict[str, object] = {"extensions": {"cost": {"requestedQueryCost": 10, "throttleStatus": status}}}
    return Said(200, {}, body if count.allowed else body | {"errors": [{"extensions": {"code": "THROTTLED"}}]})


def _salesforce(count: Count) -> Said:
    return Said(201, {}) if count.allowed else Said(403, {}, [{"errorCode": "REQUEST_LIMIT_EXCEEDED"}])


def _run(shell: "Shell", vendor: Vendor, profile: str) -> "Ending":
    with _serving(vendor) as url:
        shell.write("preflight.toml", _CONFIG.format(url=url, profile=f'profile = "{profile}"' if profile else ""))
        shell.write("jobs.jsonl", ({"id": f"j{number}", "operation": "send", "body": {}} for number in range(_JOBS)))
        shell("submit", "jobs.jsonl")
        return shell("run", "--until-empty", "--json")


@pytest.mark.parametrize(
    ("profile", "says"),
    [("", _usual), ("", _draft), ("github", _github), ("shopify", _shopify), ("salesforce", _salesforce)],
    ids=["usual headers", "draft", "github", "shopify", "salesforce"],
)
def test_a_throttle_of_any_kind_costs_no_job_its_only_attempt(
    shell: "Shell", profile: str, says: Callable[[Count], Said]
) -> None:
    """429, 403, or 200 with an error inside, where nobody knew of a limit: every job is delivered, and done once."""
    vendor = Vendor(says)
    ran = _run(shell, vendor, profile)
    assert ran.code == 0
    assert ran.json.items() >= {"delivered": _JOBS, "dead": 0, "parked": 0, "retried": 0}.items()
    assert vendor.done == _JOBS


@pytest.mark.parametrize(
    ("profile", "says"), [("", _usual), ("", _draft), ("github", _github)], ids=["usual headers", "draft", "github"]
)
def test_who_heeds_what_is_left_is_hardly_ever_refused(
    shell: "Shell", profile: str, says: Callable[[Count], Said]
) -> None:
    """The last requests of a window are held back before the API has to refuse them."""
    vendor = Vendor(says)
    _run(shell, vendor, profile)
    assert vendor.done == _JOBS
    assert vendor.refused <= _HARDLY_EVER
