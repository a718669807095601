"""What we compose, as a server that is not ours reads it: paths, queries, headers, cookies, forms and files."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import web

from worker.auth.credential import StaticCredential
from worker.clock import SystemClock
from worker.contract.endpoint import Endpoint
from worker.contract.files import Files
from worker.contract.operation import Body, Content, Encoding, Operation, Parameter, ParameterPlace
from worker.contract.schema import Schemas
from worker.job import UNSET, Job
from worker.outcome import Answer, Request, Unread
from worker.stages.dispatch import Destination, compose
from worker.stages.validate import Checked
from worker.transport.aiohttp import AiohttpTransport, Options


class Api:
    """A server that keeps what it reads of the last request, and a way to send to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._transport = AiohttpTransport(Options(2, 5, 5, 100), SystemClock())
        self._runner = web.ServerRunner(web.Server(self._keep, access_log=None), shutdown_timeout=0.01)
        self.query: list[tuple[str, str]] = []
        self.path, self.headers, self.cookies, self.body = "", dict[str, str](), dict[str, str](), b""
        self.form: list[tuple[str, Any]] = []

    async def begin(self) -> None:
        """Listen."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()

    async def end(self) -> None:
        """Hang up."""
        await self._transport.close()
        await self._runner.cleanup()

    async def send(self, *parameters: Parameter, content: Content | None = None, **job: Any) -> None:
        """Compose and send the request of a job that is right by its contract."""
        body = Body(required=True, contents=(content,)) if content else None
        endpoint = Endpoint(Operation("op", "POST", "/x/{p}", parameters, body), Schemas({}), Files(self._folder))
        one = Job("1", "shop", "op", **{"params": {"p": "1"}, **job})
        assert endpoint.faults(one.params, one.body, content) == []
        host, port = self._runner.addresses[0][:2]
        to = Destination(f"http://{host}:{port}/v1", StaticCredential("env:X", cookie="sid=s"), {})
        request = compose(one, Checked(endpoint, one.params, one.body, content), to)
        made = request.body.complete() if isinstance(request.body, Unread) else request
        assert isinstance(made, Request)
        reply = await self._transport.send(made)
        assert isinstance(reply, Answer)
        assert reply.status == 200

    async def _keep(self, request: web.BaseRequest) -> web.Response:
        self.path, self.query = request.path, list(request.rel_url.query.items())
        self.headers, self.cookies = dict(request.headers), dict(request.cookies)
        self.form = [(name, _told(value)) for name, value in (await request.post()).items()]
        self.body = b"" if self.form else await request.read()
        return web.Response(text="{}")


def _told(value: Any) -> Any:
    """A field's text; a file's name, media type and bytes."""
    if isinstance(value, web.FileField):
        return value.filename, value.content_type, value.file.read()
    return value


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    """A listening one; its jobs' files are in the test's own folder."""
    made = Api(tmp_path)
    await made.begin()
    yield made
    await made.end()


def _parameter(name: str, place: ParameterPlace, style: str, **more: Any) -> Parameter:
    return Parameter(name, place, name, **{"required": False, "schema": True, "style": style, "explode": True, **more})


_P: Final = _parameter("p", "path", "simple", required=True)
_HOSTILE: Final = "a/../b?c=d&e=f#g%2Fh+ i;j=k\r\nX: ü"


async def test_every_parameter_is_read_where_it_belongs(api: Api) -> None:
    """Whatever is in it."""
    parameters = (
        _P,
        _parameter("q", "query", "form"),
        _parameter("open", "query", "form", allow_reserved=True),
        _parameter("filter", "query", "deepObject"),
        _parameter("X-List", "header", "simple"),
        _parameter("lang", "cookie", "form"),
    )
    params: Mapping[str, Any] = {
        "p": _HOSTILE,
        "q": [_HOSTILE, ""],
        "open": _HOSTILE,
        "filter": {"a": {"b": [_HOSTILE]}},
        "X-List": ["a b", 1],
        "lang": "de; sid=forged",
    }
    await api.send(*parameters, params=params)
    assert api.path == f"/v1/x/{_HOSTILE}"
    assert api.query == [("q", _HOSTILE), ("q", ""), ("open", _HOSTILE), ("filter[a][b][0]", _HOSTILE)]
    assert api.headers["X-List"] == "a b,1"
    assert api.cookies == {"lang": "de%3B%20sid%3Dforged", "sid": "s"}


async def test_a_form_is_read_as_it_was_meant(api: Api) -> None:
    """Members, lists, and objects by their names."""
    content = Content("application/x-www-form-urlencoded", encodings={"d": Encoding(style="deepObject")})
    await api.send(_P, content=content, body={"a": _HOSTILE, "l": [1, "ü"], "o": {"x": 1}, "d": {"k": {"n": True}}})
    assert api.form == [("a", _HOSTILE), ("l", "1"), ("l", "ü"), ("o", '{"x":1}'), ("d[k][n]", "true")]


async def test_a_multipart_form_is_read_as_it_was_meant(api: Api, tmp_path: Path) -> None:
    """Fields as fields, files as files, each with its bytes."""
    pixels = bytes(range(256)) * 3 + b"\r\n--preflight\r\n"
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "größe 1.png").write_bytes(pixels)
    body = {
        "title": _HOSTILE,
        "tags": ["a", "b"],
        "photo": {"$file": "photos/größe 1.png"},
        "more": [{"$base64": "AP8=", "filename": 'x"; y.bin'}, {"$base64": "aGk=", "content_type": "text/x-note"}],
    }
    await api.send(_P, content=Content("multipart/form-data"), body=body)
    assert api.form == [
        ("title", _HOSTILE),
        ("tags", "a"),
        ("tags", "b"),
        ("photo", ("größe 1.png", "image/png", pixels)),
        ("more", ("x%22; y.bin", "application/octet-stream", b"\0\xff")),
        ("more", ("more", "text/x-note", b"hi")),
    ]


async def test_a_file_as_a_body_arrives_as_it_is(api: Api, tmp_path: Path) -> None:
    """With the media type of its name."""
    (tmp_path / "a.png").write_bytes(b"\0\xff\r\n")
    await api.send(_P, content=Content("image/*"), body={"$file": "a.png"})
    assert (api.body, api.headers["Content-Type"]) == (b"\0\xff\r\n", "image/png")
    await api.send(_P, content=None, body=UNSET)
    assert (api.body, api.headers.get("Content-Type", "")) == (b"", "application/octet-stream")
