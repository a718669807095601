"""What scenario and chaos tests share: a practice API on a thread, the command line as another process, and orders."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, TypeVar

import orjson
import pytest

from worker import resources
from worker.clock import SystemClock
from worker.failure import Selection, failure_json
from worker.queues.sqlite.store import SqliteStore
from worker.sandbox import Behaviour, Contract, Sandbox, serve

pytest_plugins = ["tests.servers.fixtures"]

T = TypeVar("T")

_PREFLIGHT: Final = (sys.executable, "-m", "worker")
_TOKEN: Final = "practice-token"
_LONGEST_S: Final = 60  # that any command of a test may take before it counts as hanging
_MOST_PROCESSES: Final = 8  # for tests: each makes what a session shares anew, which does not pay for ever
_TRIES: Final = 6000  # looks at a condition, 5 ms apart: half a minute

_CONFIG: Final = """
[queue]
url = "sqlite:///queue.db"
{before}
[apis.shop]
base_url = "{url}"
contract = "{contract}"
idempotency_header = "Idempotency-Key"
concurrency = 8
{api}
[apis.shop.auth]
type = "bearer"
token = "${{env:SHOP_TOKEN}}"
[apis.shop.retry]
base = "10ms"
cap = "100ms"
{after}
"""


@pytest.hookimpl(optionalhook=True)  # without xdist tests run one after the other
def pytest_xdist_auto_num_workers() -> int:
    """Processes for ``-n auto``: one more than there are cores, because tests wait for the processes they start."""
    return min((os.cpu_count() or 1) + 1, _MOST_PROCESSES)


def until(condition: Callable[[], bool]) -> None:
    """Look until a condition holds, a bounded number of times."""
    pause = threading.Event()
    for _ in range(_TRIES):
        if condition():
            return
        pause.wait(0.005)
    pytest.fail("the condition never came to hold")


class Api:
    """A practice API that listens on a thread of its own, from ``start`` to ``stop``.

    Attributes:
        sandbox: decides and counts; read it only through ``requests``, ``statuses`` and ``records`` while it serves.
        url: where it listens, the same after every ``start``.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._running = self._call(serve(sandbox))
        self.url = self._running.url
        self._listening = True

    @property
    def requests(self) -> int:
        """Requests seen, whatever became of them."""
        return self.sandbox.counts.requests

    @property
    def statuses(self) -> dict[int, int]:
        """Answers by status; a good one counts once per delivery."""
        return dict(self.sandbox.counts.statuses)

    @property
    def records(self) -> list[dict[str, Any]]:
        """Every request that was seen."""
        assert self.sandbox.records is not None
        return [json.loads(line) for page in self.sandbox.records.pages() for line in page.splitlines()]

    def start(self) -> None:
        """Listen again, on the port that it had."""
        port = int(self.url.rpartition(":")[2])
        self._running = self._call(serve(self.sandbox, port=port))
        self._listening = True

    def stop(self) -> None:
        """Close every connection and refuse new ones."""
        if self._listening:
            self._call(self._running.close())
        self._listening = False

    def close(self) -> None:
        """Stop, and end the thread."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=_LONGEST_S)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The last line of standard output."""
        found: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return found

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every line of standard output."""
        return [json.loads(line) for line in self.out.splitlines()]


class Heard:
    """What a running command says on standard error, line by line, as it comes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._after = 0

    def line(self, words: str) -> str:
        """The next line with these words, which is waited for; those before it are passed over."""
        found: list[str] = []
        until(lambda: bool(found) or self._look(words, found))
        return found[0]

    def _look(self, words: str, found: list[str]) -> bool:
        for line in self.path.read_text().splitlines(keepends=True)[self._after :]:
            if not line.endswith("\n"):  # more of it is to come
                return False
            self._after += 1
            if words in line:
                found.append(line)
                return True
        return False


class Shell:
    """A folder with a ``preflight.toml`` in which commands run.

    Attributes:
        environ: of the commands.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder
        self.environ = dict(environ)

    def __call__(
        self,
        *arguments: str,
        stdin: bytes | None = None,
        wrapper: tuple[str, ...] = (),
        longest_s: float = _LONGEST_S,
    ) -> Ending:
        """Run ``preflight`` to its end."""
        done = subprocess.run(
            [*wrapper, *_PREFLIGHT, *arguments],
            cwd=self.folder,
            env=self.environ,
            input=stdin if stdin is not None else b"",
            capture_output=True,
            timeout=longest_s,
            check=False,
        )
        return Ending(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(self, *arguments: str, stderr: int | IO[str] = subprocess.PIPE) -> "subprocess.Popen[str]":
        """Start ``preflight`` and come back at once; use it in a ``with`` block."""
        return subprocess.Popen(
            [*_PREFLIGHT, *arguments],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )

    @contextmanager
    def heard(self, *arguments: str) -> "Iterator[tuple[subprocess.Popen[str], Heard]]":
        """The same for the length of a block, and what it says meanwhile."""
        path = self.folder / "stderr"
        with path.open("w") as file, self.start(*arguments, stderr=file) as running:
            yield running, Heard(path)

    def write(self, name: str, content: "bytes | str | Iterable[Mapping[str, Any]]") -> str:
        """Make a file: of bytes, of text, or of JSON lines; its name."""
        if isinstance(content, str):
            content = content.encode()
        elif not isinstance(content, bytes):
            content = b"".join(orjson.dumps(item) + b"\n" for item in content)
        (self.folder / name).write_bytes(content)
        return name

    def configure(self, url: str, *, api: str = "", after: str = "", before: str = "", contract: str = "") -> None:
        """Write ``preflight.toml``; more keys of the API, and more tables before it and after it, as TOML."""
        contract = contract or str(resources.path("schemas/demo.openapi.yaml"))
        self.write("preflight.toml", _CONFIG.format(url=url, contract=contract, api=api, after=after, before=before))

    @property
    def states(self) -> dict[str, int]:
        """Jobs in the queue, by state; those without any are left out."""

        async def counted() -> dict[str, int]:
            store = await SqliteStore.open(self.folder / "queue.db", SystemClock())
            try:
                counts = await store.ledger.counts()
            finally:
                await store.close()
            return {state.value: count for state, count in counts.states.items() if count}

        return asyncio.run(counted())

    @property
    def failures(self) -> list[dict[str, Any]]:
        """The failure records of the ledger, up to 10,000."""

        async def listed() -> list[dict[str, Any]]:
            store = await SqliteStore.open(self.folder / "queue.db", SystemClock())
            try:
                found, _ = await store.ledger.failures(Selection(), limit=10_000)
            finally:
                await store.close()
            return [failure_json(failure) for failure in found]

        return asyncio.run(listed())


@pytest.fixture(scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where every command of the session keeps its generated validators."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def shell(tmp_path: Path, cache_folder: Path) -> Shell:
    """An empty folder in which commands run; the practice API's token is in ``SHOP_TOKEN``."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PREFLIGHT_")}
    return Shell(tmp_path, inherited | {"SHOP_TOKEN": _TOKEN, "PREFLIGHT_CACHE_DIR": str(cache_folder)})


@pytest.fixture(scope="session")
def shop_contract() -> Contract:
    """The demo shop's contract, as the sandbox reads it."""
    return Contract.read(resources.path("schemas/demo.openapi.yaml"))


@pytest.fixture
def practice() -> Iterator[Callable[[Sandbox], Api]]:
    """Serve a sandbox until the test ends."""
    serving: list[Api] = []

    def begin(sandbox: Sandbox) -> Api:
        serving.append(Api(sandbox))
        return serving[-1]

    yield begin
    for api in serving:
        api.close()


@pytest.fixture
def open_shop(practice: Callable[[Sandbox], Api], shop_contract: Contract, shell: Shell) -> Callable[..., Api]:
    """Serve the demo shop with a behaviour, and configure ``shell`` for it; keywords are those of ``configure``."""

    def begin(behaviour: Behaviour | None = None, **keys: str) -> Api:
        shop = practice(Sandbox(shop_contract, behaviour, remember=True))
        shell.configure(shop.url, **keys)
        return shop

    return begin


@pytest.fixture
def orders() -> Callable[..., list[dict[str, Any]]]:
    """``orders(3, start=10)``: good jobs with the ids ``o10``, ``o11``, ``o12``; keywords change every body."""

    def make(count: int, start: int = 0, **changes: Any) -> list[dict[str, Any]]:
        body = {"sku": "BIKE-100", "currency": "EUR", "email": "ada@example.com", **changes}
        return [
            {
                "id": f"o{number}",
                "operation": "createOrder",
                "params": {"shop": "ulm"},
                "body": {"qty": number % 100 + 1, **body},
            }
            for number in range(start, start + count)
        ]

    return make


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Look until a condition holds, a bounded number of times."""
    return until
