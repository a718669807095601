import re
from collections.abc import Callable
from pathlib import Path

import pytest

from worker.errors import ConfigError
from worker.settings import load

Complain = Callable[..., str]

API = '[apis.shop]\nbase_url = "https://h"\n'
OPERATION = '[apis.shop.operations.o]\nmethod = "POST"\npath = "/o"\n'

#: What is written -> what is said of it: key, value and remedy.
KEYS = {
    '[queu]\nurl = "memory://"': r'queu is not known: the keys here are queue, worker, apis; did you mean "queue"\?',
    "queue = 3": r"queue is a number, not a table: write \[queue\]",
    "[[queue]]": r"queue is a list, not a table: write \[queue\]",
    '[queue]\nurl = "redis://u:hunter2@h#"': r'queue.url = "redis://\[redacted\]@h#" holds a #',
    '[queue]\nurl = "postgresql://h/d#x"': "holds a #: percent-encode it as %23",
    '[queue]\nurl = "valkey://h:port/0"': "is not a URL",
    '[queue]\nurl = "mysql://h/d"': "is no store: write sqlite:///FILE",
    '[queue]\nurl = "sqlite://x.db"': "is no store: write sqlite:///FILE",
    '[queue]\nurl = "sqlite:///"': "is no store",
    '[queue]\nurl = "sqlite:///x.db?mode=ro"': "is no store",
    '[queue]\nurl = ""': 'queue.url = "" is empty: give a value, or leave the key out',
    "[worker]\nlease = 60": r'worker.lease = 60 is a number: a duration has a unit: write "60s", in quotes',
    '[worker]\nlease = "60"': r'worker.lease = "60" is not a duration: write "60s"',
    '[worker]\nlease = "1 minute"': r'"1 minute" is not a duration: write "60s", "500ms" or "1m30s"',
    '[worker]\ndrain = "2h"': "out of range: write a duration from 0s to 1h",
    "[worker]\nlease = true": "worker.lease = true is a truth value: put it in quotes",
    "[worker]\nprocesses = 0": "worker.processes = 0 is out of range: write 1 to 256 (processes) | cores",
    '[worker]\nprocesses = "core"': "write 1 to 256 (processes) | cores",
    "[worker]\nprocesses = true": "is a truth value: write 1 to 256 (processes) | cores",
    '[worker]\nengine = "jsonschema"': r"write auto \| fastjsonschema \| jsonschema-rs; did you mean",
    '[worker]\nlease = "40s"': r'lease = "40s" is not longer .*timeout 30s \+ connect_timeout 10s = 40s; .* twice',
    "apis = 1": r"apis is a number, not a table: write \[apis.NAME\]",
    "[[apis]]": r"apis is a list, not a table: write \[apis.NAME\]",
}
IN_API = {
    'timeot = "3s"': r'apis.shop.timeot is not known: .*did you mean "timeout"\?',
    'validation = "none"': r"validation = \"none\" is not known: write enforce \| warn \| off",
    'read_only = "ignore"': r'read_only = "ignore" is not known: write error \| strip \| allow',
    "nullable = true": "nullable = true is a truth value: put it in quotes",
    "server_variables = []": r'server_variables = .* is a list: write a table such as { region = "eu" }',
    "server_variables = { region = 1 }": "server_variables = .* is a number: put the value of region in quotes",
    'server_variables = { region = "eu" }': "shop.server_variables stands beside base_url, .*: take one of them out",
    'contract_folders = "common"': r'contract_folders = "common" is a text: write a list such as \["../common"\]',
    'contract_folders = ["gone"]': r"contract_folders = .* is no folder: .*gone: create it, or correct the path",
    'files = "gone"': "files = .* is no folder: .*gone: create it, or correct the path",
    'checks = "shop_rules:check"': "checks = .* is a text: write a list such as",
    'checks = ["shop_rules.check"]': (
        "checks = .* has 'shop_rules.check' in it: write functions as module:function, such as"
    ),
    'checks = ["../evil:f"]': "checks = .* has '../evil:f' in it",
    "checks = [1]": "checks = .* has 1 in it",
    'checks = ["a:b", "a:b"]': "checks = .* names something twice: keep one",
    'check_budget = "0s"': 'check_budget = "0s" is out of range: write a duration from 1ms to 1m',
    "drift = { window = 9 }": r"drift.window = 9 is out of range: write 10 to 10000 \(answers of one operation\)",
    "drift = { pause_at = 0 }": "drift.pause_at = 0 is out of range: write more than 0, at most 1",
    "drift = { pause_at = 1.5 }": "drift.pause_at = 1.5 is out of range",
    "drift = { pause_at = nan }": "drift.pause_at = NaN is out of range",
    "drift = 0.5": r"drift is a number, not a table: write \[apis.shop.drift\]",
    'concurrency = "many"': 'concurrency = "many" is a text: write a whole number, without quotes or "auto"',
    "concurrency = 0": r"concurrency = 0 is out of range: write 1 to 10000 \(requests in flight\) \| auto",
    "concurrency = true": "concurrency = true is a truth value: write a whole number",
    "concurrency = 1.5": "concurrency = 1.5 is a number: write a whole number",
    'transport = "reqwest"': 'transport = "reqwest" is not done by this version yet: write "aiohttp"',
    "profile = 1": "profile = 1 is a number: put it in quotes",
    'allow_private = "no"': 'allow_private = "no" is a text: write true or false',
    'closes = "lane"': r'closes = "lane" is not known: write auto \| api \| operation \| key',
    'capture = "some"': r'capture = "some" is not known: write none \| errors \| all',
    "capture_bytes = 65537": "capture_bytes = 65537 is more than reply_bytes = 65536: what is not read cannot be kept",
    "max_delayed = 0": r"max_delayed = 0 is out of range: write 1 to 100000000 \(jobs\)",
    'success_when = "body.ok"': r"success_when = \"body.ok\" is no predicate from 'body.ok' on: write a claim such as",
    'success_when = "body:/ok == yes"': r"success_when = .* from 'body:/ok == yes' on: write a claim",
    'success_when = "status == 200 and"': r"success_when = .* is no predicate from 'and' on: write and, or, or nothing",
    "headers = []": "headers = .* is a list: write a table",
    'headers = { "X A" = "a" }': "headers = .* is not allowed: write the name of a header",
    'headers = { X = "a\\r\\nY: b" }': "headers = .* has a line break",
    "headers = { X = 1 }": "headers = .* is a number: put the value of X in quotes",
    'headers = { X = "a", x = "b" }': "names a header twice",
    'idempotency_header = "Idempotency Key"': "write the name of a header",
    'contract = "nowhere.yaml"': r'apis.shop.contract = "nowhere.yaml" cannot be read: .*nowhere.yaml: it is not there',
    'contract = "."': "apis.shop.contract = .* cannot be read",
    "contract = 2026-01-01": "contract = .* is a date or time: put it in quotes",
    "reply_bytes = 0": "reply_bytes = 0 is out of range",
    'limits = { rate = 1, per = "1s" }': r"limits is a table, not an array of tables: write \[\[apis.shop.limits\]\]",
    "limits = [1]": r"apis.shop.limits\[0\] is a number, not a table",
    "limits = [{ rate = 1 }]": r"apis.shop.limits\[0\].per is missing: write a duration from",
    'limits = [{ rate = 0, per = "1s" }]': r"limits\[0\].rate = 0 is out of range: write more than 0",
    'limits = [{ rate = nan, per = "1s" }]': r"limits\[0\].rate = NaN is out of range",
    'limits = [{ rate = inf, per = "1s" }]': r"limits\[0\].rate = Infinity is out of range",
    'limits = [{ rate = "9", per = "1s" }]': r'limits\[0\].rate = "9" is a text: write a number, without quotes',
    'limits = [{ rate = true, per = "1s" }]': r"limits\[0\].rate = true is a truth value",
    'limits = [{ rate = 5, per = "0s" }]': r"limits\[0\].per = \"0s\" is out of range",
    'limits = [{ rate = 5, per = "1s", burst = 0.5 }]': r"limits\[0\].burst = 0.5 is out of range: write 1 or more",
    'limits = [{ rate = 5, per = "1s", burst = 6 }]': r"limits\[0\].burst = 6 is more than rate = 5",
    'limits = [{ rate = 5, per = "1s", cost = "to kens" }]': r"limits\[0\].cost = .* is not allowed: write a name",
    'limits = [{ rate = 5, per = "1s", window = "sliding", burst = 2 }]': (
        r'limits\[0\].burst stands beside window = "sliding", .*: take burst out'
    ),
    'limits = [{ rate = 5, per = "1s", cost_from = "body:/used" }]': r"limits\[0\].cost_from stands without cost",
    'limits = [{ rate = 5, per = "1s", estimate = 1 }]': (
        r"limits\[0\].estimate stands without cost, and does nothing: write cost = NAME, or take estimate out"
    ),
    'limits = [{ rate = 5, per = "1s", cost = "t", cost_from = "used" }]': (
        r'limits\[0\].cost_from = "used" is no place in an answer: write body:/json/pointer'
    ),
    'limits = [{ rate = 5, per = "1s", cost = "t", estimate = 6 }]': (
        r"limits\[0\].estimate = 6 is more than rate = 5: a job that names no cost could never be sent"
    ),
    (
        'limits = [{ rate = 5, per = "1s" }, { rate = 5, per = "1s", cost = "t", estimate = 2 }, '
        '{ rate = 9, per = "1m", cost = "t" }]'
    ): (
        r'limits\[2\].estimate is not that of limits\[1\], which counts cost = "t" too: a request costs as much in '
        "both; write the same estimate in both, or name another cost"
    ),
    (
        'limits = [{ rate = 5, per = "1s", cost = "t", cost_from = "body:/used" }, '
        '{ rate = 9, per = "1m", cost = "t" }]'
    ): r'limits\[1\].cost_from is not that of limits\[0\], which counts cost = "t" too: .* or name another cost',
    'retry = { schedule = ["5s"], base = "1s" }': "retry.schedule stands beside base, in whose place it is used",
    "retry = { schedule = [] }": r"retry.schedule = \[\] is empty: write one duration or more",
    "retry = { schedule = [5] }": r'retry.schedule = \[5\] is a number: a duration has a unit: write "5s"',
    "retry = { statuses = [200] }": "retry.statuses = .* has 200 among its statuses: .* a list of statuses, 400 to 599",
    'retry = { errors = ["refused"] }': "retry.errors = .* has 'refused' in it: write timeout or lost",
    "breaker = { failure_ratio = 0 }": "breaker.failure_ratio = 0 is out of range",
    'callbacks = { on_failed = "/hook" }': 'callbacks.on_failed = "/hook" is not an absolute URL',
    'callbacks = { on_failed = "https://h/#f" }': "callbacks.on_failed = .* holds a fragment, which is never sent",
    'callbacks = { secret = "hunter2" }': "callbacks.secret signs nothing: write on_delivered or on_failed",
    "credentials = 1": r"credentials is a number, not a table: write \[apis.shop.credentials.NAME\]",
    "credentials = { a = {} }": "credentials.a.type is missing: write one of none, bearer",
    'credentials = { "" = { type = "none" } }': r'credentials."" is empty',
    "retry = { max_attempts = 0 }": "retry.max_attempts = 0 is out of range",
    'retry = { base = "9m" }': 'retry.base = "9m" is longer than cap = "5m"',
    "auth = 'Bearer hunter2'": r"apis.shop.auth is a text, not a table: write \[apis.shop.auth\]",
    "auth = {}": "apis.shop.auth.type is missing: write one of none, bearer, basic, api_key",
    "auth = { type = 1 }": "apis.shop.auth.type is not known",
    'auth = { type = "baerer" }': r'auth.type is not known: .*did you mean "bearer"\?',
    'auth = { type = "oauth2", token_url = "https://h/t", client_id = "c" }': "auth.client_secret is missing: write a",
    'auth = { type = "oauth2", token_url = "h", client_id = "c", client_secret = "${env:EMPTY}x" }': (
        'auth.token_url = "h" is not an absolute URL'
    ),
    'auth = { type = "hmac", header = "X-S", secret = "${env:EMPTY}x", content = "{url}" }': (
        r"auth.content = .* has {url} in it, which no request has: write text with {timestamp}, {method}"
    ),
    'auth = { type = "hmac", header = "X-S", secret = "${env:EMPTY}x", content = "{method}" }': (
        "auth.content = .* does not sign the body: write {body} in it"
    ),
    'auth = { type = "hmac", header = "X-S", secret = "${env:EMPTY}x", content = "{timestamp}{body}" }': (
        "auth.timestamp_header is missing: content has {timestamp} in it"
    ),
    'auth = { type = "mtls", certificate = "gone.crt" }': "auth.certificate = .* cannot be read",
    'auth = { type = "none", token = "hunter2" }': "auth.token is not known: the keys here are schemes",
    'auth = { type = "none", schemes = ["a b"] }': "auth.schemes = .* has 'a b' in it: write names of security",
    'auth = { type = "api_key", name = "k", in = "body", value = "hunter2" }': r"write header \| query \| cookie",
    'auth = { type = "bearer" }': "auth.token is missing: write a secret",
    'auth = { type = "bearer", token = ["hunter2"] }': r"auth.token = \[redacted\] is a list: put it in quotes",
    'auth = { type = "bearer", token = "${env:UNSET}" }': (
        r"auth.token = \[redacted\] needs the environment variable UNSET, which is not set: export UNSET="
    ),
    'auth = { type = "bearer", token = "${env:EMPTY}" }': r"auth.token = \[redacted\] is empty",
    'auth = { type = "bearer", token = "${file:gone}" }': r"file .*gone cannot be read \(No such file.*\): create it",
    'auth = { type = "bearer", token = "${file:.}" }': r"file .* cannot be read \(Is a directory\)",
    'auth = { type = "bearer", token = "${file:latin1}" }': r"file .*latin1 is not UTF-8 text: save it as UTF-8",
    'auth = { type = "bearer", token = "hunter2${" }': r"token = \[redacted\] holds a \$\{...\} that says nothing",
}
IN_OPERATION = {
    'method = "post"\npath = "/o"': r'o.method = "post" is not known: .*did you mean "POST"\?',
    'method = "POST"\npath = "o"': r'o.path = "o" is not allowed: write a path such as',
    'method = "POST"\npath = "/{a"': "o.path = .* is not allowed",
    'method = "POST"\npath = "/a?b=c"': "o.path = .* is not allowed",
    'method = "POST"': "apis.shop.operations.o.path is missing: write a path",
    "method = []": "apis.shop.operations.o.method = .* is a list: put it in quotes",
    'path = "/o"': r"apis.shop.operations.o.method is missing: write GET \| HEAD \| POST",
    'method = "POST"\npath = "/o"\nvalidation = 1': "o.validation = 1 is a number: put it in quotes",
    'method = "POST"\npath = "/o"\nsuccess = 200': r"o.success = 200 is a number: write a list such as \[200, 201\]",
    'method = "POST"\npath = "/o"\nsuccess = [true]': "o.success = .* has True among its statuses",
    'method = "POST"\npath = "/o"\nsuccess = [200.0]': "o.success = .* has 200.0 among its statuses",
    'method = "POST"\npath = "/o"\nsuccess = [100]': "o.success = .* has 100 among its statuses",
    'method = "POST"\npath = "/o"\nanswers = ["json"]': "o.answers = .* has 'json' among its media types",
    'method = "POST"\npath = "/o"\nbody = []': "o.body = .* is a list: write the name of a JSON Schema file",
    'method = "POST"\npath = "/o"\nbody = "gone.json"': "o.body = .* cannot be read",
    'method = "POST"\npath = "/o"\nbody = { default = "${env:UNSET}" }': "o.body = {...} needs the .* variable UNSET",
    'method = "POST"\npath = "/o"\nretry = 1': r"o.retry is a number, not a table: write \[apis",
    'method = "POST"\npath = "/o"\nretry = { cap = "1ms" }': 'o.retry.base = "500ms" is longer than cap = "1ms"',
    'method = "POST"\npath = "/o"\nretry = { schedule = ["1s"], cap = "1s" }': "o.retry.schedule stands beside cap",
    'method = "POST"\npath = "/o"\nretry = { tries = 3 }': "o.retry.tries is not known: the keys here are max_attempts",
    'method = "POST"\npath = "/o"\nprobe = {}': "o.probe.operation is missing: write a name",
    'method = "POST"\npath = "/o"\nprobe = { operation = "get", params = {} }': (
        'o.probe.operation = "get" is not among operations: declare it there'
    ),
    'method = "POST"\npath = "/o"\nprobe = { operation = "o", params = {} }': (
        'o.probe.operation = "o" is a POST, which may change something: name a GET or HEAD'
    ),
    'method = "POST"\npath = "/o"\nprobe = { operation = "o", params = { id = "{bdy.x}" } }': (
        r"o.probe.params = {...} has {bdy.x} in id, which no job has: write {id}, {body.x} or {params.x}"
    ),
    'method = "POST"\npath = "/o"\nprobe = { operation = "o", params = 1 }': "probe.params = 1 is a number: write a",
    'method = "POST"\npath = "/o"\nprobe = { operation = "o", params = {}, missing = [200] }': (
        "o.probe.found and missing both have 200 in them"
    ),
    'method = "POST"\npath = "/o"\nidempotent = 1': "o.idempotent = 1 is a number: write true or false",
}
URLS = {
    "shop.example": "is not an absolute URL",
    "ftp://shop.example": "is not an absolute URL",
    "https://": "is not an absolute URL",
    "https://u:hunter2@h/": r"https://\[redacted\]@h/\" holds a user or password",
    "https://h/?a=b": "holds a query or fragment",
    "https://h/#a": "holds a query or fragment",
    "https://h:0": "has port 0",
    "https://h:99999": "is not a URL",
    "https://[::1": "is not a URL",
    "https://h/a b": "holds blanks or other characters",
    "https://bücher.example": "holds blanks or other characters",
    "https://%65vil.example": "write international names as xn--",
    "https://2130706433": "write four decimal numbers",
    "https://0177.0.0.1/": "write four decimal numbers",
    "https://127.1": "write four decimal numbers",
    "https://0x7f000001": "write four decimal numbers",
    "https://127.0.0.1.": "write four decimal numbers",
}


@pytest.mark.parametrize(("text", "message"), KEYS.items())
def test_a_mistake_in_queue_or_worker_is_explained(text: str, message: str, complain: Complain) -> None:
    """File, key, value, remedy."""
    said = complain(text if text.startswith(("apis", "[[apis", "queue")) else f"{text}\n{API}{OPERATION}")
    assert re.search(message, said)
    assert "preflight.toml: " in said
    assert "hunter2" not in said


@pytest.mark.parametrize(("text", "message"), IN_API.items())
def test_a_mistake_in_an_api_is_explained(text: str, message: str, complain: Complain, tmp_path: Path) -> None:
    """File, key, value, remedy; and never the secret."""
    (tmp_path / "latin1").write_bytes(b"\xe9")
    said = complain(f"{API}{text}\n{OPERATION}", {"EMPTY": ""})
    assert re.search(message, said)
    assert str(tmp_path / "preflight.toml") in said
    assert "hunter2" not in said
    assert said.count("\n") == 0


@pytest.mark.parametrize(("text", "message"), IN_OPERATION.items())
def test_a_mistake_in_an_operation_is_explained(text: str, message: str, complain: Complain) -> None:
    """File, key, value, remedy."""
    assert re.search(message, complain(f"{API}[apis.shop.operations.o]\n{text}\n"))


@pytest.mark.parametrize(("url", "message"), URLS.items())
def test_a_base_url_that_cannot_be_one_is_explained(url: str, message: str, complain: Complain) -> None:
    """Absolute, http or https, nothing but host and path."""
    said = complain(f'[apis.shop]\nbase_url = "{url}"\n{OPERATION}')
    assert re.search(message, said)
    assert "hunter2" not in said


@pytest.mark.parametrize("name", ["1shop", "a.b", "a b", "", "ä"])
def test_the_name_of_an_api_is_a_word(name: str, complain: Complain) -> None:
    """It becomes part of lanes, keys and commands."""
    said = complain(
        f'[apis."{name}"]\nbase_url = "https://h"\n[apis."{name}".operations.o]\nmethod = "GET"\npath = "/"\n'
    )
    assert re.search(r'apis\."?.*"? is (not allowed: write a name|empty)', said)


def test_an_api_has_a_contract_or_declares_its_operations(complain: Complain, tmp_path: Path) -> None:
    """Two sources of truth would be one too many; none is no use. What a document says is not said again beside it."""
    (tmp_path / "c.yaml").write_text("{}")
    assert "apis.shop.contract is missing: write the name of an OpenAPI document, or declare operations" in complain(
        API
    )
    beside = f'{API}contract = "c.yaml"\n{OPERATION}body_required = true\nvalidation = "off"\n'
    said = "apis.shop.operations.o has method, path, body_required beside contract, which says that itself: take it out"
    assert said in complain(beside)
    assert 'apis.shop.operations."a/b" has success beside' in complain(
        f'{API}contract = "c.yaml"\n[apis.shop.operations."a/b"]\nsuccess = [200]\n'
    )


def test_an_api_without_a_contract_says_where_it_lives(complain: Complain) -> None:
    """Only a document can say it instead."""
    said = complain(f"[apis.shop]\n{OPERATION}")
    assert "apis.shop.base_url is missing: write an absolute http or https URL" in said


def test_a_config_without_an_api_is_no_use(complain: Complain) -> None:
    """An empty file says what to write."""
    assert "apis is missing: write [apis.NAME] with base_url, and contract or operations" in complain("")


def test_every_mistake_is_reported_at_once(complain: Complain) -> None:
    """A line each, those of the flags and of the environment too, so that one round of mending is enough."""
    text = f'[worker]\nlease = "1x"\n{API}typo = 1\n[[apis.shop.limits]]\nrate = 0\nper = "1s"\n{OPERATION}'
    said = complain(text, {"PREFLIGHT_WORKER_PROCESSES": "0"}, {"queue.url": "mysql://h"})
    culprits = (
        "flag queue.url: queue.url",
        "environment: PREFLIGHT_WORKER_PROCESSES: worker.processes",
        "worker.lease",
        "apis.shop.typo",
        "apis.shop.limits[0].rate",
    )
    assert len(said.splitlines()) == len(culprits)
    assert all(culprit in line for culprit, line in zip(culprits, said.splitlines(), strict=True))


def test_the_lease_is_checked_although_something_else_is_wrong(complain: Complain) -> None:
    """A rule over several sections is not put off by a mistake in another."""
    text = (
        f'[worker]\nlease = "30s"\n{API}{OPERATION}[apis.other]\nbase_url = "x"\n{OPERATION.replace("shop", "other")}'
    )
    said = complain(text)
    assert "apis.other.base_url" in said
    assert "worker.lease" in said


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b'[queue]\nurl = "memory://"\nurl = "memory://"\n',
            r"is not TOML: .*\(at line 3, column \d+\): correct it there",
        ),
        (b"[queue]\n[queue]\n", r"is not TOML: .*at line 2, column"),
        (b"[queue\n", r"is not TOML: .*at line 1, column 7"),
        (b'a = 1\nb = """', r"is not TOML: .*at line 2, the last"),
        (b'[queue]\nurl = "\xff"\n', "line 2 is not UTF-8 text: save the file as UTF-8"),
        (b"a = " + b"[" * 100_000, "is nested too deeply"),
        (b"a = " + b"9" * 5_000, "is not TOML"),
        (b"\x00", "is not TOML"),
    ],
)
def test_a_file_that_is_no_toml_is_explained(content: bytes, message: str, tmp_path: Path) -> None:
    """With the line, and the column where there is one."""
    file = tmp_path / "p.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=message) as caught:
        load(file, environ={})
    assert str(caught.value).startswith(f"{file}: ")
    assert caught.value.exit_code == 2


def test_a_folder_is_no_config(tmp_path: Path) -> None:
    """The message says which file in it was meant."""
    with pytest.raises(ConfigError, match=r"is a folder: name the file in it"):
        load(tmp_path, environ={})


def test_a_path_through_a_file_is_explained(tmp_path: Path) -> None:
    """What the operating system says is passed on."""
    (tmp_path / "f").write_text("")
    with pytest.raises(ConfigError, match=r"cannot be read \(Not a directory\)"):
        load(tmp_path / "f" / "p.toml", environ={})


def test_a_config_that_was_named_has_to_be_there(tmp_path: Path) -> None:
    """The remedy is the path, not the demo."""
    with pytest.raises(ConfigError, match=r"there is no such file: .*correct the path"):
        load(None, environ={"PREFLIGHT_CONFIG": str(tmp_path / "gone.toml")})
