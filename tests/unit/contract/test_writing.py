"""Bodies that are sent as they are, files and where they may lie, and which media type decides."""

import os
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.contract import files as files_module
from worker.contract.endpoint import Endpoint
from worker.contract.files import Files
from worker.contract.operation import Body, Content, Encoding, Operation
from worker.contract.schema import Schemas
from worker.contract.writing import Written, faults, names_files, write
from worker.outcome import Cause

_BINARY: Final = "application/octet-stream"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of files, with one in it and one beside it."""
    inside = tmp_path / "files"
    (inside / "sub").mkdir(parents=True)
    (inside / "a.png").write_bytes(b"PNG")
    (inside / "sub" / "b.bin").write_bytes(b"\0\xff")
    (tmp_path / "secret.txt").write_text("secret")
    return inside


def _faults(body: Any, folder: Path | None = None, media_type: str = _BINARY, asked: str | None = None) -> list[Any]:
    return faults(Content(media_type), body, Files(folder, "apis.shop.files"), asked)


def _rules(body: Any, folder: Path | None = None, media_type: str = _BINARY, asked: str | None = None) -> list[Any]:
    return [(one.pointer, one.rule) for one in _faults(body, folder, media_type, asked)]


@pytest.mark.parametrize(
    ("media_type", "asked", "body", "written"),
    [
        ("text/plain", None, "Tür", Written("Tür".encode(), "text/plain")),
        ("text/plain", None, 3.0, Written(b"3", "text/plain")),
        ("text/plain", None, True, Written(b"true", "text/plain")),
        ("text/plain; charset=iso-8859-1", None, "Tür", Written(b"T\xfcr", "text/plain; charset=iso-8859-1")),
        ("text/*", 'text/csv; charset="utf-8"', "ä", Written("ä".encode(), 'text/csv; charset="utf-8"')),
        ("text/*", None, "a", Written(b"a", "text/plain")),
        ("application/xml", None, "<a/>", Written(b"<a/>", "application/xml")),
        ("text/csv", None, {"$file": "a.png"}, Written(b"PNG", "text/csv")),
        (_BINARY, None, "ä", Written("ä".encode(), _BINARY)),
        (_BINARY, None, {"$file": "sub/b.bin"}, Written(b"\0\xff", _BINARY)),
        (_BINARY, None, {"$base64": "AP8="}, Written(b"\0\xff", _BINARY)),
        ("image/*", None, {"$file": "a.png"}, Written(b"PNG", "image/png")),
        ("image/*", "image/jpeg", {"$file": "a.png"}, Written(b"PNG", "image/jpeg")),
        ("image/*", "image/jpeg", "text", Written(b"text", "image/jpeg")),
        ("*/*", "image/png", {"$file": "a.png"}, Written(b"PNG", "image/png")),
        ("*/*", "text/plain", "a", Written(b"a", "text/plain")),
        ("*/*", None, {"$file": "a.png"}, Written(b'{"$file":"a.png"}', "application/json")),
        ("application/json", None, {"$file": "a.png"}, Written(b'{"$file":"a.png"}', "application/json")),
        ("application/x-own", "text/html", "a", Written(b"a", "application/x-own")),
    ],
)
def test_a_body_is_written_as_its_media_type_asks_for(
    folder: Path, media_type: str, asked: str | None, body: Any, written: Written
) -> None:
    """The contract's, or the job's own inside of a range; JSON has no files."""
    assert not _faults(body, folder, media_type, asked)
    assert write(Content(media_type), body, Files(folder), asked) == written


def test_a_contract_can_say_that_a_value_is_json() -> None:
    """Whatever its media type is called."""
    content = Content("application/x-own", written="json")
    assert write(content, {"$base64": "aGk="}, Files()) == Written(b'{"$base64":"aGk="}', "application/x-own")


@pytest.mark.parametrize(
    ("media_type", "asked", "body", "rule"),
    [
        ("text/plain", None, {"a": 1}, "type"),
        ("text/plain", None, None, "type"),
        (_BINARY, None, 1, "type"),
        ("image/*", None, "x", "content-type"),
        ("image/*", None, {"$base64": "aGk="}, "content-type"),
        ("image/png", None, {"$base64": "aGk=", "content_type": "image/jpeg"}, "content-type"),
        ("text/plain; charset=us-ascii", None, "ä", "charset"),
        ("text/plain", "text/plain; charset=utf-7", "a", "charset"),
    ],
)
def test_what_cannot_be_sent_as_it_is_is_refused(media_type: str, asked: str | None, body: Any, rule: str) -> None:
    """Nothing is guessed."""
    assert _rules(body, None, media_type, asked) == [("#/body", rule)]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../secret.txt",
        "sub/../../secret.txt",
        "sub\\..\\x",
        "C:\\x",
        "C:x",
        "//h/x",
        ".",
        "sub",
        "a\0",
    ],
)
def test_no_path_leaves_the_folder_of_files(folder: Path, path: str) -> None:
    """And only what is a file is one."""
    assert _rules({"$file": path}, folder) == [("#/body", "file")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes with names")
def test_no_link_leaves_the_folder_and_only_regular_files_are_read(folder: Path) -> None:
    """A pipe would be waited for for ever."""
    (folder / "out").symlink_to(folder.parent / "secret.txt")
    (folder / "up").symlink_to(folder.parent)
    (folder / "round").symlink_to(folder / "round")
    os.mkfifo(folder / "pipe")
    for path in ("out", "up/secret.txt", "round", "pipe"):
        assert _rules({"$file": path}, folder) == [("#/body", "file")]
        assert isinstance(write(Content(_BINARY), {"$file": path}, Files(folder)), list)
    (folder / "fine").symlink_to(folder / "a.png")
    assert not _faults({"$file": "fine"}, folder)


_PIECES: Final = st.sampled_from(
    ["..", ".", "", "sub", "a.png", "b.bin", "/", "\\", "~", "C:", "secret.txt", "\0", "up"]
)


@given(st.lists(_PIECES, max_size=5), st.sampled_from("/\\"))
def test_whatever_a_path_is_made_of_it_stays_inside(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], slash: str
) -> None:
    """Either one of the files, or refused."""
    above = tmp_path_factory.getbasetemp() / "above"
    if not above.exists():
        (above / "files" / "sub").mkdir(parents=True)
        (above / "secret.txt").write_text("secret")
        (above / "files" / "a.png").write_bytes(b"fine")
        (above / "files" / "sub" / "b.bin").write_bytes(b"fine")
        (above / "files" / "up").symlink_to(above)
    body = {"$file": slash.join(pieces)}
    written = write(Content(_BINARY), body, Files(above / "files"))
    assert isinstance(written, list) or written.content == b"fine"
    assert isinstance(written, list) is bool(_faults(body, above / "files"))


def test_a_file_that_is_not_there_cannot_be_sent(folder: Path) -> None:
    """What is there and cannot be sent is invalid."""
    (missing,) = _faults({"f": {"$file": "gone/x.png"}}, folder, "multipart/form-data")
    assert (missing.pointer, missing.cause) == ("#/body/f", Cause.INVALID)
    assert "'gone/x.png'" in missing.detail
    (invalid,) = _faults({"$file": "sub"}, folder)
    assert invalid.cause is Cause.INVALID


def test_without_a_folder_the_key_to_set_is_named() -> None:
    """Where the config says nothing, no job can name files."""
    (fault,) = _faults({"$file": "a.png"})
    assert "apis.shop.files" in str(fault.hint)


@pytest.mark.parametrize(
    ("reference", "pointer"),
    [
        ({"$base64": "a"}, "#/body/$base64"),
        ({"$base64": "aG k="}, "#/body/$base64"),
        ({"$base64": "ä"}, "#/body/$base64"),
        ({"$base64": 1}, "#/body/$base64"),
        ({"$file": 1}, "#/body/$file"),
        ({"$file": "a.png", "$base64": "aGk="}, "#/body"),
        ({"$file": "a.png", "name": "b"}, "#/body/name"),
        ({"$file": "a.png", "content_type": "x\r\nEvil: 1"}, "#/body/content_type"),
        ({"$file": "a.png", "filename": None}, "#/body/filename"),
    ],
)
def test_a_reference_that_is_none_is_refused(folder: Path, reference: Any, pointer: str) -> None:
    """With the member that is to blame."""
    assert _rules(reference, folder) == [(pointer, "file")]


def test_files_are_held_to_a_size(folder: Path) -> None:
    """One alone, and all of a request together; a sparse file takes no room."""
    for name, size in {"large": files_module.MAX_BYTES + 1, "half": files_module.MAX_BYTES // 2 + 1}.items():
        with (folder / name).open("wb") as file:
            file.truncate(size)
    assert _rules({"$file": "large"}, folder) == [("#/body", "file")]
    both = {"x": [{"$file": "half"}, {"$file": "half"}]}
    assert _rules(both, folder, "multipart/form-data") == [("#/body", "file")]
    assert not _rules({"x": {"$file": "half"}}, folder, "multipart/form-data")


def test_a_file_that_has_gone_meanwhile_is_a_fault(folder: Path) -> None:
    """The same that it would have been before."""
    body = {"f": {"$file": "a.png"}, "g": {"$file": "sub/b.bin"}}
    assert not _faults(body, folder, "multipart/form-data")
    (folder / "a.png").unlink()
    assert write(Content("multipart/form-data"), body, Files(folder)) == _faults(body, folder, "multipart/form-data")


def test_only_named_files_have_to_be_read() -> None:
    """What a job brings along is written at once; deep inside of JSON nothing is a file."""
    form = Content("multipart/form-data")
    assert names_files(form, {"f": [{"$file": "a"}]})
    assert not names_files(form, {"f": {"$base64": ""}, "g": {"x": {"$file": "a"}}, "h": [[{"$file": "a"}]]})
    assert not names_files(Content("application/json"), {"$file": "a"})


_PHOTO: Final = {
    "type": "object",
    "required": ["photo"],
    "properties": {
        "photo": {"type": "string", "format": "binary", "minLength": 5, "pattern": "^x"},
        "size": {"type": "integer", "minimum": 1},
        "owner": {"type": "object"},
    },
}


def _endpoint(folder: Path, *contents: Content) -> Endpoint:
    operation = Operation("op", "POST", "/", (), Body(required=True, contents=contents))
    return Endpoint(operation, Schemas({}), Files(folder))


def test_a_schema_holds_for_all_but_the_files(folder: Path) -> None:
    """What it says of their length or their pattern is meant for text; that there may be one at all, is not."""
    endpoint = _endpoint(folder, Content("multipart/form-data", _PHOTO, {"photo": Encoding("image/png")}))
    photo = {"$file": "a.png"}
    assert endpoint.faults({}, {"photo": photo, "size": 1}) == []
    assert [one.pointer for one in endpoint.faults({}, {"size": 0})] == ["#/body/photo", "#/body/size"]
    assert [one.rule for one in endpoint.faults({}, {"photo": photo, "owner": photo})] == ["type"]
    assert [one.rule for one in endpoint.faults({}, {"photo": "no"})] == ["minLength", "pattern"]
    assert [one.rule for one in endpoint.faults({}, {"photo": {"$file": "gone"}, "size": 0})] == ["minimum", "file"]


def test_a_fault_is_told_once(folder: Path) -> None:
    """By the schema, where both know it."""
    endpoint = _endpoint(folder, Content("multipart/form-data", _PHOTO))
    assert [one.pointer for one in endpoint.faults({}, "text")] == ["#/body"]


def test_what_cannot_be_written_is_refused_without_validation_too(folder: Path) -> None:
    """There would be no request."""
    endpoint = _endpoint(folder, Content("multipart/form-data", _PHOTO), Content("image/*"))
    form, image = endpoint.content(None), endpoint.content("image/png")
    assert [one.rule for one in endpoint.unsendable({}, {"photo": None}, form)] == ["null"]
    assert [one.rule for one in endpoint.unsendable({}, {"$file": "gone"}, image, "image/png")] == ["file"]
    assert endpoint.unsendable({}, {"size": 0}, form) == []
