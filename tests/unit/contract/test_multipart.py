from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.contract.files import Files
from worker.contract.operation import Content, Encoding
from worker.contract.writing import Written, faults, write

_FORM_DATA: Final = "multipart/form-data"


def _write(body: Any, files: Files | None = None, media_type: str = _FORM_DATA, **encodings: Encoding) -> Written:
    content = Content(media_type, encodings=encodings)
    assert faults(content, body, files or Files()) == []
    written = write(content, body, files or Files())
    assert isinstance(written, Written)
    return written


def _parts(written: Written) -> list[tuple[str | None, str | None, str, bytes]]:
    """Name, file name, media type and bytes of each part, as Python's own parser of mail reads them."""
    head = f"Content-Type: {written.media_type}\r\n\r\n".encode()
    whole = BytesParser(EmailMessage, policy=policy.HTTP).parsebytes(head + written.content)
    return [
        (
            part.get_param("name", header="content-disposition"),  # type: ignore[misc]
            part.get_filename(),
            part["content-type"].replace('charset="utf-8"', "charset=utf-8"),
            part.get_payload(decode=True),
        )
        for part in whole.iter_parts()
    ]


def _rules(body: Any, files: Files | None = None, **encodings: Encoding) -> list[tuple[str, str]]:
    found = faults(Content(_FORM_DATA, encodings=encodings), body, files or Files())
    return [(one.pointer, one.rule) for one in found]


def test_each_member_is_a_part_of_its_type(tmp_path: Path) -> None:
    """Single values are text, objects JSON; a list is a part for each of its values."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "1.png").write_bytes(b"\x89PNG\r\n--x\r\n")
    body = {
        "title": "Tür",
        "size": 3.0,
        "owner": {"id": 1},
        "tags": ["a", {"b": 2}],
        "photo": {"$file": "photos/1.png"},
        "more": [{"$base64": "aGk=", "filename": "b.txt", "content_type": "text/x-note"}, {"$base64": "AA=="}],
    }
    text = "text/plain; charset=utf-8"
    assert _parts(_write(body, Files(tmp_path))) == [
        ("title", None, text, "Tür".encode()),
        ("size", None, text, b"3"),
        ("owner", None, "application/json", b'{"id":1}'),
        ("tags", None, text, b"a"),
        ("tags", None, "application/json", b'{"b":2}'),
        ("photo", "1.png", "image/png", b"\x89PNG\r\n--x\r\n"),
        ("more", "b.txt", "text/x-note", b"hi"),
        ("more", "more", "application/octet-stream", b"\0"),
    ]


@pytest.mark.parametrize(
    ("allowed", "file", "sent"),
    [
        (None, {"filename": "a.png"}, "image/png"),
        (None, {"filename": "a.csv.gz"}, "application/octet-stream"),
        (None, {"filename": "a.png", "content_type": "image/x-own"}, "image/x-own"),
        ("image/png, image/jpeg", {"filename": "a.jpg"}, "image/jpeg"),
        ("image/png, image/jpeg", {}, "image/png"),
        ("image/png", {"filename": "a.jpg"}, "image/png"),
        ("image/*", {"filename": "a.jpg"}, "image/jpeg"),
        ("*/*", {}, "application/octet-stream"),
        ("image/x\r\nEvil: 1, image/gif", {}, "image/gif"),
    ],
)
def test_a_file_is_of_the_type_that_the_contract_asks_for(allowed: str | None, file: Any, sent: str) -> None:
    """Of several, the one that its job or its name says."""
    written = _write({"f": {"$base64": "aGk=", **file}}, f=Encoding(allowed))
    assert _parts(written)[0][2] == sent


def test_an_encoding_is_that_of_each_item() -> None:
    """OAS 3.0.4: "applied to each part corresponding to each" item."""
    xml, as_json = Encoding("application/xml; charset=utf-8"), Encoding("application/json")
    found = _parts(_write({"x": ["<a/>", "<b/>"], "j": "text"}, x=xml, j=as_json))
    assert [part[2:] for part in found] == [
        ("application/xml; charset=utf-8", b"<a/>"),
        ("application/xml; charset=utf-8", b"<b/>"),
        ("application/json", b'"text"'),
    ]


@pytest.mark.parametrize(
    ("body", "encodings", "expected"),
    [
        ("text", {}, ("#/body", "type")),
        ({}, {}, ("#/body", "empty")),
        ({"a": []}, {}, ("#/body/a", "empty")),
        ({"a": None}, {}, ("#/body/a", "null")),
        ({"": "x"}, {}, ("#/body/", "name")),
        ({"a\\": "x"}, {}, ("#/body/a\\", "name")),
        ({"a": {"b": 1}}, {"a": Encoding("application/xml")}, ("#/body/a", "text")),
        ({"a": {"$base64": "aGk=", "filename": "a\0"}}, {}, ("#/body/a", "file")),
        ({"a": {"$base64": "aGk="}}, {"a": Encoding("image/*")}, ("#/body/a", "content-type")),
        (
            {"a": [{"$base64": "aGk=", "content_type": "text/x"}]},
            {"a": Encoding("image/png")},
            ("#/body/a/0", "content-type"),
        ),
    ],
)
def test_what_no_part_can_say_is_refused(body: Any, encodings: Any, expected: tuple[str, str]) -> None:
    """Each with its place."""
    assert _rules(body, **encodings) == [expected]


def test_the_same_parts_make_the_same_bytes() -> None:
    """Over retries; an API that keeps a digest of what it got compares them."""
    one, other = _write({"a": "1"}), _write({"a": "2"})
    assert one == _write({"a": "1"})
    assert one.media_type != other.media_type


def test_no_part_holds_the_boundary() -> None:
    """Not even one that knows what it would be."""
    boundary = _write({"a": "x"}).media_type.partition("boundary=")[2]
    written = _write({"a": f"\r\n--{boundary}--\r\n"})
    assert written.content.count(written.media_type.partition("boundary=")[2].encode()) == 2


def test_other_kinds_of_multipart_are_written_alike() -> None:
    """With what the contract says of them kept; the boundary is ours."""
    assert _write({"a": "1"}, media_type="multipart/mixed").media_type.startswith("multipart/mixed; boundary=")
    assert _write({"a": "1"}, media_type="multipart/*").media_type.startswith("multipart/form-data; boundary=")
    related = _write({"a": "1"}, media_type='multipart/related; boundary="x"; type=text/xml').media_type
    assert related.startswith("multipart/related; type=text/xml; boundary=preflight-")


_NASTY: Final = st.text(st.sampled_from("aä\"%;=,' \r\n\t\0-:/<>\\"), max_size=8)
_CONTENTS: Final = st.text(st.sampled_from('a\r\n-:;" b'), max_size=12)


@given(
    st.dictionaries(_NASTY, _CONTENTS | st.lists(_CONTENTS, max_size=2), max_size=3),
    _NASTY,
    _CONTENTS.map(lambda text: f"text/{text}"),
)
def test_no_value_can_add_a_part_or_a_header(body: dict[str, Any], filename: str, media_type: str) -> None:
    """As many parts as values, each with two headers, its bytes as they were; or else it is refused."""
    given_ = {**body, "file": {"$base64": "aGk=", "filename": filename, "content_type": media_type}}
    if _rules(given_):
        given_ = {**body, "file": {"$base64": "aGk="}}
    if _rules(given_):
        return
    written = _write(given_)
    boundary = written.media_type.partition("boundary=")[2].encode()
    *parts, end = written.content.split(b"--" + boundary)[1:]
    values = [one for value in body.values() for one in (value if isinstance(value, list) else [value])]
    if "file" not in body:
        values.append("hi")
    assert end == b"--\r\n"
    assert sorted(part.partition(b"\r\n\r\n")[2] for part in parts) == sorted(f"{one}\r\n".encode() for one in values)
    for part in parts:
        empty, disposition, kind = part.partition(b"\r\n\r\n")[0].split(b"\r\n")
        assert empty == b""
        assert disposition.startswith(b'Content-Disposition: form-data; name="')
        assert disposition.count(b'"') in {2, 4}
        assert kind.startswith(b"Content-Type: text/") or kind == b"Content-Type: application/octet-stream"


@given(_NASTY)
def test_names_are_escaped_as_browsers_do_it(name: str) -> None:
    """A quote and the two halves of a line break; all else is UTF-8."""
    if _rules({name: "x"}):
        return
    disposition = _write({name: "x"}).content.split(b"\r\n")[1].decode()
    inside = disposition.removeprefix('Content-Disposition: form-data; name="').removesuffix('"')
    assert inside == name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    assert unquote(inside) == unquote(name)
