"""Whatever a job says: its request goes to its API's host, below its base URL, and is one message."""

import re
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from worker.auth.credential import StaticCredential
from worker.contract import contract
from worker.contract.contract import Contract
from worker.contract.envelope import Envelope
from worker.contract.operation import FRAMING_HEADERS
from worker.job import from_payload
from worker.outcome import Refuse, Request
from worker.settings import Validation
from worker.stages.dispatch import Destination, compose
from worker.stages.validate import validate

_BASE: Final = "https://api.shop.example:8443/v2"
_BELOW: Final = f"{_BASE}/shops/"

#: Pieces that mean something in a URL, a header, a cookie, to a proxy, or to a terminal.
_PIECES: Final = [
    *(
        "http:",
        "https://evil.example",
        "//evil.example",
        "//",
        "/",
        "\\",
        "..",
        ".",
        "%2e%2e",
        "%2f",
        "%5c",
        "%00",
        "%",
    ),
    *("@evil.example", ":80", "?", "#", "&", "=", ";", ",", "'", '"', "<", ">", "[", "]", "{", "}", "|", "^", "~"),
    *(
        "\r\n",
        "\r",
        "\n",
        "\0",
        "\t",
        " ",
        "\x0b",
        "\x0c",
        "\x1b",
        "\x7f",
        "\x85",
        "\xa0",
        "\u2028",
        "\u2029",
        "\u200b",
    ),
    *(
        "\uff0f",
        "\u2024",
        "\u212a",
        "\ufeff",
        "ä",
        "😀",
        "a",
        "B",
        "7",
        "-",
        "_",
        "Host: evil.example",
        "GET / HTTP/1.1",
    ),
]
_TEXT: Final = st.lists(st.sampled_from(_PIECES), max_size=6).map("".join)
_VALUE: Final = st.recursive(
    _TEXT | st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_TEXT, inner, max_size=2),
    max_leaves=4,
)
_PATH: Final = dict.fromkeys(("simple", "label", "matrix"), _TEXT.map("x{}".format) | _TEXT | _VALUE)
_QUERY: Final = dict.fromkeys(("query", "open", "deep"), _VALUE)
_LINES: Final = dict.fromkeys(("X-Note", "X-List", "crumb", "lang"), _VALUE)
_PARAMS: Final = st.fixed_dictionaries(_PATH, optional=_QUERY) | st.fixed_dictionaries(
    _PATH, optional={**_QUERY, **_LINES}
)
_HOP_BY_HOP: Final = [
    *("Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "TE", "Trailer", "Keep-Alive", "Expect"),
    *("Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "HTTP2-Settings", "Content-Encoding"),
]
_NAMES: Final = st.sampled_from(_HOP_BY_HOP).flatmap(
    lambda name: st.sampled_from([name, name.lower(), name.upper(), f"{name} ", f" {name}", f"{name}:", f"{name}\r\n"])
)
_NONE: Final[dict[str, str]] = {}
_HEADERS: Final = st.just(_NONE) | st.dictionaries(st.just("X-Trace") | _NAMES | _TEXT, _TEXT, max_size=2)

_LINE: Final = re.compile(r"[\x20-\x7e\t]*")
_TARGET: Final = re.compile(r"[!-~]+")


def _parameter(name: str, place: str, style: str, *, explode: bool = False, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "style": style, "explode": explode, "required": place == "path", **more}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    """A contract that takes anything anywhere."""
    parameters = [
        _parameter("simple", "path", "simple", schema={}),
        _parameter("label", "path", "label", explode=True, schema={}),
        _parameter("matrix", "path", "matrix", schema={}),
        _parameter("query", "query", "form", explode=True, schema={}),
        _parameter("open", "query", "form", allowReserved=True, schema={}),
        _parameter("deep", "query", "deepObject", explode=True, schema={}),
        _parameter("X-Note", "header", "simple", schema={}),
        _parameter("X-List", "header", "simple", explode=True, schema={}),
        _parameter("crumb", "cookie", "form", schema={}),
        {"name": "lang", "in": "cookie", "content": {"text/plain": {"schema": {}}}},
    ]
    operation = {"operationId": "order", "parameters": parameters, "responses": {"200": {"description": "ok"}}}
    document = {
        "openapi": "3.0.4",
        "info": {"title": "t", "version": "1"},
        "paths": {"/shops/{simple}/{label}/x{matrix}/orders": {"get": operation}},
    }
    path: Path = tmp_path_factory.mktemp("contract") / "shop.json"
    path.write_bytes(orjson.dumps(document))
    return contract.from_document(path)


@pytest.fixture(scope="module")
def envelope() -> Envelope:
    """What every row is held to."""
    return Envelope()


def _request(shop: Contract, envelope: Envelope, row: dict[str, Any], mode: Validation) -> Request | None:
    """What is sent for a row; None where it is refused."""
    if envelope.faults(row):
        return None
    job = from_payload({"id": "1", "api": "shop", **row})
    checked = validate(job, shop, mode)
    if isinstance(checked, Refuse):
        return None
    return compose(job, checked, Destination(_BASE, StaticCredential("env:X"), {"X-Team": "orders"}))


@given(_PARAMS, _HEADERS, st.sampled_from(["enforce", "warn", "off"]))
def test_no_job_leaves_its_host(
    shop: Contract, envelope: Envelope, params: dict[str, Any], headers: dict[str, str], mode: Validation
) -> None:
    """Not even where its contract is not enforced: what begins with the base URL stays below it."""
    request = _request(shop, envelope, {"operation": "order", "params": params, "headers": headers}, mode)
    if request is None:
        return
    assert request.url.startswith(_BELOW)
    assert _TARGET.fullmatch(request.url)
    url = URL(request.url, encoded=True)
    assert (url.scheme, url.raw_host, url.port, url.user) == ("https", "api.shop.example", 8443, None)
    segments = url.raw_path.split("/")[2:]
    assert len(segments) == 5  # shops, three parameters, orders
    assert (segments[0], segments[-1]) == ("shops", "orders")
    assert not {"", ".", ".."} & set(segments)
    assert not url.raw_fragment


@given(_PARAMS, _HEADERS, st.sampled_from(["enforce", "warn", "off"]))
def test_no_job_writes_a_message_of_its_own(
    shop: Contract, envelope: Envelope, params: dict[str, Any], headers: dict[str, str], mode: Validation
) -> None:
    """Every header is a line, none comes twice, and none says how the message is framed."""
    request = _request(shop, envelope, {"operation": "order", "params": params, "headers": headers}, mode)
    if request is None:
        return
    lower = [name.lower() for name in request.headers]
    assert len(lower) == len(set(lower))
    assert not set(lower) & {name.lower() for name in _HOP_BY_HOP}
    assert all(_LINE.fullmatch(f"{name}: {value}") for name, value in request.headers.items())


@given(_NAMES, _TEXT)
def test_hop_by_hop_headers_are_refused_by_name(envelope: Envelope, name: str, value: str) -> None:
    """However they are written; the fault names the header."""
    (fault,) = envelope.faults({"operation": "order", "headers": {name: value}})
    assert fault.pointer.startswith("#/headers/")


def test_every_header_that_a_proxy_would_act_upon_is_known() -> None:
    """Either as framing, or as a credential."""
    assert {name.lower() for name in _HOP_BY_HOP} - FRAMING_HEADERS == {"proxy-authorization"}
