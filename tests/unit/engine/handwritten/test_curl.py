import shutil
from typing import TYPE_CHECKING, Any

import pytest

from worker.engine.handwritten.curl import curl
from worker.engine.handwritten.draft import Account, Draft
from worker.engine.handwritten.text import Hole, Text
from worker.outcome import Request, Unread

if TYPE_CHECKING:
    from tests.unit.engine.handwritten.conftest import Bash, Recorder

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")

BODIES = [
    b'{"sku":"A-1","qty":2}',
    b"""{"a":"it's $HOME `id` \\"q\\" !x"}""",
    '{"a":"ü € 𝄞"}'.encode(),
    b"line\r\n\tline\x1b[31m",
    b"@/etc/passwd",
    b"a=b&c=%20+d",
    b"\0\xff\xfe" + bytes(range(256)),
    b'{"long":"' + b"x'$" * 60_000 + b'"}',
]


def sent(recorder: "Recorder", bash: "Bash", draft: Draft, **environ: str) -> Any:
    """What arrives when the printed command is run."""
    done = bash(curl(draft), **environ)
    assert done.returncode == 0, done.stderr
    assert b"200 OK" in done.stdout
    return recorder.seen.pop()


def drafted(request: Request) -> Draft:
    """A request that has no secrets."""
    headers: tuple[tuple[str, Text], ...] = tuple((name, (value,)) for name, value in request.headers.items())
    assert not isinstance(request.body, Unread)
    return Draft(request.method, (request.url,), headers, request.body)


@needs_curl
@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_curl_sends_the_very_bytes_that_we_send(recorder: "Recorder", bash: "Bash", body: bytes) -> None:
    """Whatever is in a body."""
    headers = {"Accept": "*/*", "User-Agent": "preflight/1", "Content-Type": "application/json"}
    request = Request("POST", f"{recorder.url}/orders", headers, body, idempotent=False)
    assert sent(recorder, bash, drafted(request)) == recorder.sent_by_us(request)


@needs_curl
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_curl_calls_as_we_call(recorder: "Recorder", bash: "Bash", method: str) -> None:
    """Method, path, query and headers, with nothing of its own among them."""
    headers = {
        "Accept": "application/json",
        "User-Agent": "preflight/1",
        "X-Quoted": """it's "$HOME" `id` !x \\ @a; b=c: d""",
        "X-Empty": "",
        "Cookie": "a=b; c=d",
    }
    url = f"{recorder.url}/a'b/$c(d)!/.e/%2Fx/*,;@:=+~?q=%24%20'&r=%5B%5D&s=!$(id)"
    request = Request(method, url, headers, None, idempotent=False)
    assert sent(recorder, bash, drafted(request)) == recorder.sent_by_us(request)


@needs_curl
def test_dots_and_braces_in_a_url_stay_what_they_are(recorder: "Recorder", bash: "Bash") -> None:
    """Curl would make several requests of the one, and go up the folders in the other."""
    request = Request("GET", f"{recorder.url}/a/../{{b,c}}/[1-3]", {"Accept": "*/*", "User-Agent": "x"}, None, True)  # noqa: FBT003 - as it is
    assert sent(recorder, bash, drafted(request)) == recorder.sent_by_us(request)


@needs_curl
def test_curl_takes_secrets_from_the_environment(recorder: "Recorder", bash: "Bash") -> None:
    """In headers, in the URL, and as an account."""
    url: Text = (f"{recorder.url}/?key=", Hole("SHOP_KEY"))
    headers: tuple[tuple[str, Text], ...] = (("X-Token", ("Bearer ", Hole("SHOP_TOKEN"))),)
    draft = Draft("GET", url, headers, None, Account("ada", (Hole("SHOP_PASSWORD"),)))
    seen = sent(recorder, bash, draft, SHOP_KEY="k-1", SHOP_TOKEN="t $x", SHOP_PASSWORD="p:'w\"")
    assert seen.path == "/?key=k-1"
    assert seen.headers["x-token"] == "Bearer t $x"
    assert seen.headers["authorization"] == "Basic YWRhOnA6J3ci"


@needs_curl
@pytest.mark.skipif(shutil.which("jq") is None, reason="there is no jq on this machine")
def test_a_secret_in_a_url_is_encoded_where_it_has_to_be(recorder: "Recorder", bash: "Bash") -> None:
    """By jq, since a shell cannot."""
    draft = Draft("GET", (f"{recorder.url}/?key=", Hole("SHOP_KEY", encoded=True)), (), None)
    assert sent(recorder, bash, draft, SHOP_KEY="a b&c/ü").path == "/?key=a%20b%26c%2F%C3%BC"


def test_a_command_is_laid_out_for_people() -> None:
    """A remark a line on top, then a header a line."""
    draft = Draft(
        "POST",
        ("https://shop.example/v2/orders?dry_run=true",),
        (("Authorization", ("Bearer ", Hole("SHOP_TOKEN"))), ("Content-Type", ("application/json",))),
        b'{"sku":"A-1"}',
        remarks=("one", "two\n$(id)"),
    )
    assert curl(draft).splitlines() == [
        "# one",
        "# two $(id)",
        "curl -i -X POST 'https://shop.example/v2/orders?dry_run=true' \\",
        '  -H "Authorization: Bearer $SHOP_TOKEN" \\',
        "  -H 'Content-Type: application/json' \\",
        """  --data-raw '{"sku":"A-1"}'""",
    ]
