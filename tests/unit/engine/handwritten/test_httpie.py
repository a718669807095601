import pytest

from worker.engine.handwritten.draft import Account, Draft
from worker.engine.handwritten.httpie import httpie
from worker.engine.handwritten.text import Hole


def test_a_command_is_laid_out_for_people() -> None:
    """A remark a line on top, then a header a line; the body as it is."""
    draft = Draft(
        "POST",
        ("https://shop.example/v2/orders?dry_run=true",),
        (("Authorization", ("Bearer ", Hole("SHOP_TOKEN"))), ("X-Empty", ("",))),
        b'{"sku":"it\'s"}',
        remarks=("one",),
    )
    assert httpie(draft).splitlines() == [
        "# one",
        "http --ignore-stdin POST 'https://shop.example/v2/orders?dry_run=true' \\",
        '  "Authorization: Bearer $SHOP_TOKEN" \\',
        "  'X-Empty;' \\",
        """  --raw '{"sku":"it'\\''s"}'""",
    ]


def test_an_account_is_httpies_to_encode() -> None:
    """Its password is a variable."""
    draft = Draft("GET", ("https://shop.example",), (), None, Account("ada", (Hole("SHOP_PASSWORD"),)))
    assert httpie(draft) == 'http --ignore-stdin -a "ada:$SHOP_PASSWORD" GET https://shop.example'


def test_bytes_come_by_standard_input() -> None:
    """It is not ignored then."""
    draft = Draft("PUT", ("https://shop.example",), (), b"\0\xff")
    assert httpie(draft) == "printf %s AP8= | base64 --decode | http PUT https://shop.example"


@pytest.mark.parametrize("value", ["=a", "@/etc/passwd", ":=1"])
def test_a_header_that_looks_like_something_else_stays_one(value: str) -> None:
    """A blank keeps it apart from the colon; HTTPie takes it off again."""
    draft = Draft("GET", ("https://shop.example",), (("X-A", (value,)),), None)
    assert f"X-A: {value}" in httpie(draft)


def test_what_httpie_cannot_write_is_said() -> None:
    """It has no way to send a backslash before a separator."""
    draft = Draft("GET", ("https://shop.example",), (("X-A", ("a\\:b",)),), None)
    assert httpie(draft).startswith("# HTTPie takes a backslash out of the header X-A: use --as curl")
