"""``preflight doctor``: what is really broken is found, and the remedy named."""

import asyncio
import base64
import json
import os
import re
import sqlite3
import ssl
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
import pytest

from worker.clock import SystemClock, to_rfc3339
from worker.job import Entry, Lane, Scope, Standstill, Stop
from worker.ports import Want
from worker.queues.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from tests.conftest import Shell

LANE: Final = Lane("shop", "createOrder")
_CERTIFICATES: Final = Path(__file__).parents[1] / "transport" / "certificates"


@pytest.fixture(autouse=True)
def config(shell: "Shell") -> None:
    """An API that is never asked, and a cache of contracts of the test's own."""
    shell.configure("http://127.0.0.1:9")
    shell.environ["PREFLIGHT_CACHE_DIR"] = str(shell.folder / "cache")


def examined(shell: "Shell", check: str) -> list[dict[str, Any]]:
    """What one check found that is not in order; whatever is not has its remedy."""
    found = [line for line in shell("doctor", "--json").lines[:-1] if line["severity"] != "ok"]
    assert all(line["remedy"] for line in found), found
    return [line for line in found if line["check"] == check]


def with_store(shell: "Shell", act: Callable[[SqliteStore], Any]) -> Any:
    """What ``act`` makes of the queue's file."""

    async def main() -> Any:
        store = await SqliteStore.open(shell.folder / "queue.db", SystemClock())
        try:
            return await act(store)
        finally:
            await store.close()

    return asyncio.run(main())


def submit(shell: "Shell", jobs: int = 1, lane: Lane = LANE) -> None:
    """Put jobs on the queue."""
    entries = [Entry(f"{lane.api}{number}", lane, "{}") for number in range(jobs)]
    with_store(shell, lambda store: store.queue.enqueue(entries))


def test_what_is_in_order_is_said_to_be(shell: "Shell") -> None:
    """A line for each check, on standard output; the exit code says it too. Nothing is made."""
    person, program = shell("doctor"), shell("doctor", "--json")

    assert (person.code, program.code) == (0, 0)
    assert person.err == "0 problems, 0 warnings\n"
    lines = person.out.splitlines()
    assert lines[0].split() == ["check", "what", "was", "found", "what", "to", "do"]
    assert all(line.startswith("ok ") for line in lines[1:])
    *findings, last = program.lines
    assert len(findings) == len(lines) - 1
    assert findings[0] == {
        "severity": "ok",
        "check": "config",
        "detail": f"{shell.folder}/preflight.toml: 1 API, jobs in sqlite:///{shell.folder}/queue.db",
        "remedy": None,
    }
    assert last == {"summary": {"ok": len(findings), "warning": 0, "problem": 0}}
    assert [entry.name for entry in shell.folder.iterdir()] == ["preflight.toml"]
    (cache,) = (line for line in findings if line["check"] == "contract cache")
    assert cache["detail"] == f"{shell.folder}/cache is made when it is needed"


def test_a_queue_that_is_worked_is_in_order(shell: "Shell") -> None:
    """With every check of its file."""
    submit(shell, 2)
    with_store(shell, lambda store: store.queue.lease([Want(LANE, 1)], 60))

    told = shell("doctor", "--json")

    assert told.code == 0
    assert told.json["summary"]["warning"] == 0
    checks = {line["check"] for line in told.lines[:-1]}
    assert checks >= {"queue file", "queue access", "queue lock", "queue damage", "queue space", "queue disk", "leases"}


def test_a_config_that_cannot_be_read_is_a_usage_error(shell: "Shell") -> None:
    """As for every other command."""
    shell.write("preflight.toml", "[queue]\nurl = 7\n")

    told = shell("doctor")

    assert told.code == 2
    assert "queue.url" in told.err


def test_what_the_config_warns_of_is_a_warning(shell: "Shell") -> None:
    """A secret that stands in the file."""
    text = (shell.folder / "preflight.toml").read_text()
    shell.write("preflight.toml", text.replace("${env:SHOP_TOKEN}", "literal-secret"))

    (warning,) = examined(shell, "config")

    assert warning["detail"].endswith("preflight.toml: apis.shop.auth.token stands in the file")
    assert warning["remedy"] == "write ${env:NAME} or ${file:PATH} instead"
    assert "literal-secret" not in warning["detail"]


def test_a_contract_that_cannot_be_read_is_a_problem(shell: "Shell") -> None:
    """The others are looked at all the same."""
    shell.configure("http://127.0.0.1:9", contract=shell.write("broken.yaml", "openapi: [3.1.0\n"))

    told = shell("doctor", "--json")

    assert told.code == 1
    (problem,) = (line for line in told.lines if line.get("severity") == "problem")
    assert problem["check"] == "contract"
    assert problem["detail"].startswith("shop: ")
    assert "broken.yaml" in problem["detail"]
    assert problem["remedy"] == "correct it: no worker starts before"


def test_an_operation_that_cannot_be_used_is_named(shell: "Shell") -> None:
    """Its schema is out of reach."""
    operation = {
        "operationId": "pay",
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "https://elsewhere.example/pay.json"}}}},
    }
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/pay": {"post": operation}}}
    shell.configure("http://127.0.0.1:9", contract=shell.write("pay.json", json.dumps(document)))

    (warning,) = examined(shell, "contract")

    assert warning["detail"] == "shop: 1 operations; cannot be used: pay"
    assert "preflight contract lint" in warning["remedy"]


def test_a_contract_without_operations_is_told(shell: "Shell") -> None:
    """It is the wrong file, most likely."""
    shell.configure("http://127.0.0.1:9", contract=shell.write("empty.yaml", "openapi: 3.1.0\npaths: {}\n"))

    (warning,) = examined(shell, "contract")

    assert warning["detail"] == "shop: 0 operations"


def test_a_credential_that_the_contract_asks_for_is_missed(shell: "Shell") -> None:
    """The config has none."""
    text = (shell.folder / "preflight.toml").read_text()
    shell.write("preflight.toml", text.replace('type = "bearer"\ntoken = "${env:SHOP_TOKEN}"', 'type = "none"'))

    (warning,) = examined(shell, "contract")

    assert "ask for a credential that is missing: " in warning["detail"]
    assert "[apis.shop.auth]" in warning["remedy"]


@pytest.mark.parametrize(
    ("left_s", "severity", "said"),
    [(-5, "problem", "expired at"), (600, "warning", "expires at"), (86_400, None, "")],
)
def test_a_token_says_when_it_ends(shell: "Shell", left_s: int, severity: str | None, said: str) -> None:
    """One that has ended keeps all jobs waiting; the token itself is not shown."""
    claims = base64.urlsafe_b64encode(orjson.dumps({"exp": int(SystemClock().now()) + left_s})).decode().rstrip("=")
    shell.environ["SHOP_TOKEN"] = f"e30.{claims}.x"

    found = examined(shell, "credential")

    assert [one["severity"] for one in found] == ([severity] if severity else [])
    assert all(one["detail"].startswith(f"apis.shop.auth: env:SHOP_TOKEN {said}") for one in found)


@pytest.mark.parametrize(
    ("days", "severity", "said"), [(-1, "problem", "expired at"), (3, "warning", "expires at"), (400, None, "")]
)
def test_a_client_certificate_says_when_it_ends(shell: "Shell", days: int, severity: str | None, said: str) -> None:
    """One that has ended, one that ends soon, one that is good."""
    made = certificate(shell.folder, days)
    text = (shell.folder / "preflight.toml").read_text()
    mtls = f'type = "mtls"\ncertificate = "{made}"\nkey = "{_CERTIFICATES / "client.key"}"'
    shell.write("preflight.toml", text.replace('type = "bearer"\ntoken = "${env:SHOP_TOKEN}"', mtls))

    found = examined(shell, "credential")

    assert [one["severity"] for one in found] == ([severity] if severity else [])
    assert all(one["detail"].startswith(f"apis.shop.auth: file:{made} {said}") for one in found)


def certificate(folder: Path, days: int) -> Path:
    """A client certificate that ends in so many days: one that is good, with its last moment replaced."""
    der = ssl.PEM_cert_to_DER_cert((_CERTIFICATES / "client.pem").read_text())
    ends = re.sub(r"\D", "", to_rfc3339(SystemClock().now() + days * 86_400)[:19])
    replaced, count = re.subn(rb"2126\d{10}Z", f"{ends}Z".encode(), der)
    assert count == 1
    made = folder / "client.pem"
    made.write_text(ssl.DER_cert_to_PEM_cert(replaced))
    return made


def test_too_few_open_files_are_a_problem(shell: "Shell") -> None:
    """A process that may have 40 cannot hold the connections that it is to have."""
    limit = "import os, resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)); os.execv(sys.argv[1], "
    limit += "sys.argv[1:])"

    told = shell("doctor", "--json", wrapper=(sys.executable, "-c", limit))

    assert told.code == 1
    (problem,) = (line for line in told.lines if line.get("severity") == "problem")
    assert (problem["check"], problem["detail"]) == ("open files", "a worker process may need 72, and may have 40")
    assert "ulimit -Hn 72" in problem["remedy"]


def test_a_cache_that_others_can_write_to_is_not_used(shell: "Shell") -> None:
    """They could put code into it."""
    (shell.folder / "cache").mkdir()
    (shell.folder / "cache").chmod(0o777)

    (warning,) = examined(shell, "contract cache")

    assert warning["severity"] == "warning"
    assert f"chmod 700 {shell.folder}/cache" in warning["remedy"]


def test_a_queue_that_others_can_read_is_told(shell: "Shell") -> None:
    """It holds requests and answers."""
    submit(shell)
    (shell.folder / "queue.db").chmod(0o644)

    (warning,) = examined(shell, "queue access")

    assert warning["remedy"] == f"chmod 600 {shell.folder}/queue.db"


def test_a_queue_that_somebody_keeps_locked_is_a_problem(shell: "Shell") -> None:
    """Nothing can be written to it."""
    submit(shell)
    with closing(sqlite3.connect(shell.folder / "queue.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        (problem,) = examined(shell, "queue lock")

    assert problem["severity"] == "problem"
    assert problem["detail"] == f"another program keeps {shell.folder}/queue.db locked"
    assert problem["remedy"] == "stop it or try again"


def test_a_damaged_queue_is_a_problem(shell: "Shell") -> None:
    """A page of it was overwritten."""
    submit(shell, 2_000)
    path = shell.folder / "queue.db"
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096)

    (problem,) = examined(shell, "queue damage")

    assert problem["severity"] == "problem"
    assert ".recover" in problem["remedy"]


def test_a_log_that_cannot_be_folded_in_is_told(shell: "Shell") -> None:
    """Somebody has been reading for long."""
    submit(shell)
    with closing(sqlite3.connect(shell.folder / "queue.db", isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM jobs").fetchone()
        os.truncate(shell.folder / "queue.db-wal", 200 * 2**20)
        (warning,) = examined(shell, "queue file")

    assert "200.0 MiB of it in its write-ahead log" in warning["detail"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not a database at all, but long enough to look like a file of something", "is not a database"),
        (None, "is another program's database"),
    ],
)
def test_a_file_that_is_no_queue_is_a_problem(shell: "Shell", content: bytes | None, said: str) -> None:
    """It is left as it was."""
    path = shell.folder / "queue.db"
    if content is None:
        with closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE x (y)")
    else:
        path.write_bytes(content)
    before = path.read_bytes()

    (problem,) = examined(shell, "queue")

    assert problem["severity"] == "problem"
    assert said in problem["detail"]
    assert problem["remedy"].startswith("name another file in queue.url")
    assert path.read_bytes() == before


def test_a_queue_of_an_older_version_is_not_brought_up_by_looking_at_it(shell: "Shell") -> None:
    """Workers of the older version may still be at it."""
    submit(shell)
    path = shell.folder / "queue.db"
    with closing(sqlite3.connect(path)) as old:
        old.execute("PRAGMA user_version = 1")
    before = path.read_bytes()

    (warning,) = examined(shell, "queue")

    assert f"{path} has schema 1, and is brought up to " in warning["detail"]
    assert path.read_bytes() == before


def test_a_queue_whose_folder_is_not_there_is_a_problem(shell: "Shell") -> None:
    """It could not be made."""
    shell.environ["PREFLIGHT_QUEUE_URL"] = "sqlite:///nowhere/queue.db"

    (problem,) = examined(shell, "queue")

    assert problem["detail"] == f"{shell.folder}/nowhere is no folder"


def test_a_queue_in_memory_forgets(shell: "Shell") -> None:
    """It is a warning: somebody may want that."""
    shell.environ["PREFLIGHT_QUEUE_URL"] = "memory://"

    (warning,) = examined(shell, "queue")

    assert "forgotten when their process ends" in warning["detail"]


def test_a_queue_that_is_not_in_valkey_yet_is_not_made(shell: "Shell", valkey_prefix: str) -> None:
    """Its server is looked at all the same."""
    shell.environ["PREFLIGHT_QUEUE_URL"] = valkey_prefix

    for told in (shell("doctor", "--json"), shell("doctor", "--json")):
        assert told.code == 0
        details = {line["check"]: line["detail"] for line in told.lines[:-1]}
        assert details["queue"].endswith(" has no queue yet: the first submit makes it")
        assert details.keys() >= {"server", "memory", "persistence"}


@pytest.mark.parametrize("url", ["postgresql://ada:hunter2@127.0.0.1:1/x", "valkey://ada:hunter2@127.0.0.1:1"])
def test_a_store_that_cannot_be_reached_is_a_problem(shell: "Shell", url: str) -> None:
    """Said like the others, and without its password."""
    shell.environ["PREFLIGHT_QUEUE_URL"] = url
    told = shell("doctor", "--json")
    assert told.code == 1
    (problem,) = (line for line in told.lines if line.get("severity") == "problem")
    assert problem["check"] == "queue"
    assert problem["remedy"] == "is the server up, and the address right?"
    assert "hunter2" not in told.out + told.err


def test_lanes_that_stand_still_are_told(shell: "Shell") -> None:
    """With why, and what lets them go on; a stop that has passed is none."""
    stops = [
        Stop(Scope("shop", "createOrder"), Standstill.PAUSED, "paused by ada", 1.0),
        Stop(Scope("shop"), Standstill.CLOSED, "429", 1.0, 2.0),
    ]
    with_store(shell, lambda store: store.stops.put(stops))
    submit(shell)
    (warning,) = examined(shell, "lanes")
    assert warning["detail"] == "shop/createOrder paused since 1970-01-01T00:00:01.000Z: paused by ada"
    assert warning["remedy"] == "preflight lanes resume 'shop/createOrder', once its reason is gone"
    assert examined(shell, "workers") == []


def test_jobs_that_nobody_works_are_told(shell: "Shell") -> None:
    """And those that wait for an API that the config does not have."""
    submit(shell, 3)
    submit(shell, 1, Lane("bank", "pay"))
    (idle,), (unknown,) = examined(shell, "workers"), examined(shell, "lanes")
    assert idle["detail"] == "3 jobs are ready in lanes that go on, 0 are in workers' hands"
    assert unknown["detail"] == "jobs wait for bank, which the config does not have"


def test_jobs_that_were_left_behind_are_told(shell: "Shell") -> None:
    """Their worker died, and none has looked after the queue since."""
    submit(shell, 2)

    async def leave(store: SqliteStore) -> None:
        await store.queue.lease([Want(LANE, 2)], -180.0)

    with_store(shell, leave)
    (warning,) = examined(shell, "leases")
    assert warning["detail"] == "2 jobs were left by workers that died, the first 3 min ago"
    assert warning["remedy"] == "start a worker: it takes them back"
