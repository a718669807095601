from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.engine.handwritten.shell import comment, piped, word
from worker.engine.handwritten.text import Hole, Text

if TYPE_CHECKING:
    from tests.unit.engine.handwritten.conftest import Bash

NASTY = (
    "",
    "plain",
    "it's",
    '"quoted"',
    "$HOME ${HOME} $(id) `id`",
    "!! !x",
    "a\\b\\",
    "a\nb\r\n\tc",
    "\x1b[31mred\x9b",
    "ü € 𝄞 \u202e \u2028",
    "-n",
    "~ * ? [a] {a,b} # ; & | < > ( )",
    "\\x41 %s %%",
    "'\n!\\'",
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1, max_size=30))
def test_any_text_arrives_as_it_is(bash: "Bash", texts: list[str]) -> None:
    """Nothing in it is run, and nothing is lost."""
    all_of_them = [*NASTY, *texts]
    done = bash("printf '%s\\0' " + " ".join(word((text,)) for text in all_of_them))
    assert done.stdout.decode().split("\0")[:-1] == all_of_them
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (("Authorization: Bearer ", Hole("SHOP_TOKEN")), '"Authorization: Bearer $SHOP_TOKEN"'),
        ((Hole("SHOP_TOKEN"), "_x"), '"${SHOP_TOKEN}_x"'),
        ((Hole("SHOP_TOKEN"), "-x"), '"$SHOP_TOKEN-x"'),
        (('a "', Hole("SHOP_TOKEN"), "$b!"), "'a \"'\"$SHOP_TOKEN\"'$b!'"),
        ((Hole("shop.token"),), '"$(printenv shop.token)"'),
        ((Hole("SHOP", Path("/run/my secrets/shop")),), "\"$(cat '/run/my secrets/shop')\""),
        ((Hole("KEY", encoded=True),), '"$(printf %s "$KEY" | jq -sRr @uri)"'),
    ],
)
def test_a_secret_is_a_variable_or_a_file(text: Text, shown: str) -> None:
    """Kept apart from what follows it."""
    assert word(text) == shown


def test_variables_and_files_are_put_in_by_the_shell(bash: "Bash", tmp_path: Path) -> None:
    """Whatever they hold, and whatever stands around them."""
    file = tmp_path / "it's a secret"
    file.write_text("from file\n")
    texts: list[Text] = [
        ("a ", Hole("SHOP"), "_b"),
        ("$x'", Hole("SHOP")),
        ("f ", Hole("F", file), "!"),
        (Hole("a.b"),),
    ]
    environ = {"SHOP": 'v "$(id)" *', "a.b": "dotted"}
    done = bash("printf '%s\\0' " + " ".join(map(word, texts)), **environ)
    assert done.stdout.decode().split("\0")[:-1] == [
        'a v "$(id)" *_b',
        '$x\'v "$(id)" *',
        "f from file!",
        "dotted",
    ]


def test_control_characters_never_reach_a_terminal() -> None:
    """Neither in a word nor in a comment."""
    hostile = "a\x1b[2J\x9b\u202eb\r\nc"
    assert word((hostile,)).isprintable()
    assert comment(hostile).isprintable()


@pytest.mark.parametrize(
    "body", [b"\0", b"\xff\xfe", b"a\0b" * 100_000, "ü'$\n".encode() * 60_000, bytes(range(256))], ids=len
)
def test_what_no_argument_can_hold_is_piped(bash: "Bash", body: bytes) -> None:
    """Bytes that are no text, and what is too long for one argument."""
    assert bash(f"{piped(body)}cat").stdout == body
    assert piped(b"short text") == ""
