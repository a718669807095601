import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from worker.errors import ConfigError
from worker.settings import Secret
from worker.settings.interpolation import Interpolated, interpolate


def test_a_secret_shows_its_origin_and_never_its_value() -> None:
    """In every form that a log or a traceback might use."""
    secret = Secret("hunter2", "env:SHOP_TOKEN")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]} {replace(secret, origin='x')!r}"
    assert repr(secret) == "Secret(env:SHOP_TOKEN)"
    assert secret.reveal() == "hunter2"


def test_a_secret_from_a_file_is_read_anew(tmp_path: Path) -> None:
    """A rotated credential arrives without a restart; the old value object stays as it was."""
    file = tmp_path / "token"
    file.write_text("old\n")
    secret = Secret("Bearer old", f"file:{file}", ("Bearer ", file))
    file.write_text("new\n")
    assert secret.reread().reveal() == "Bearer new"
    assert secret.reread().reread().origin == secret.origin
    assert secret.reveal() == "Bearer old"


def test_a_secret_without_a_file_stays_as_it_is() -> None:
    """Neither a literal nor an environment variable changes while we run."""
    assert Secret("a").reread() == Secret("a")
    assert Secret("a", "env:A", ("a",)).reread() == Secret("a", "env:A")


def test_a_secret_whose_file_has_gone_says_which(tmp_path: Path) -> None:
    """The message names the file and not the value."""
    secret = Secret("hunter2", "file:token", (tmp_path / "token",))
    with pytest.raises(ConfigError, match=r"secret file:token: file .*token cannot be read \(No such file") as caught:
        secret.reread()
    assert "hunter2" not in str(caught.value)


def test_a_secret_can_be_handed_to_another_process() -> None:
    """It holds nothing that cannot be pickled, and no copy of the environment."""
    secret = Secret("a", "env:A", ("a",))
    assert pickle.loads(pickle.dumps(secret)) == secret  # noqa: S301 - our own bytes


def test_references_are_replaced_and_remembered(tmp_path: Path) -> None:
    """Text around references stays; one newline at the end of a file goes, a second stays."""
    (tmp_path / "t").write_text("two\n\n")
    value = interpolate("a-${env:ONE}-${file:t}-b", {"ONE": "1"}, tmp_path)
    assert value == "a-1-two\n-b"
    assert isinstance(value, Interpolated)
    assert value.origin == f"env:ONE + file:{tmp_path / 't'}"


@pytest.mark.parametrize(
    ("text", "value"), [("$${env:A}", "${env:A}"), ("$5", "$5"), ("$$", "$$"), ("^a$", "^a$"), ("", "")]
)
def test_a_text_without_references_is_left_alone(text: str, value: str, tmp_path: Path) -> None:
    """Dollar signs are ordinary, and $${ stands for ${."""
    result = interpolate(text, {}, tmp_path)
    assert result == value
    assert type(result) is str


def test_what_a_variable_holds_is_not_interpolated_again(tmp_path: Path) -> None:
    """A value from outside cannot read our files."""
    assert interpolate("${env:A}", {"A": "${file:/etc/passwd}"}, tmp_path) == "${file:/etc/passwd}"


@pytest.mark.parametrize("text", ["${A}", "${env:A", "${env:}", "${vault:x}", "${}"])
def test_a_reference_that_says_nothing_is_refused(text: str, tmp_path: Path) -> None:
    """A typing error must not be sent as if it were the credential."""
    with pytest.raises(ValueError, match=r"write \${env:NAME}"):
        interpolate(text, {"A": "a"}, tmp_path)
