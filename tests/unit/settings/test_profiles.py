import re
from collections.abc import Callable
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import pytest

from worker import resources
from worker.settings import LimitSettings, Settings
from worker.settings.profile import CountSettings, Profile
from worker.settings.profiles import shipped

Read = Callable[..., Settings]
Complain = Callable[..., str]

OPERATION = '[apis.shop.operations.o]\nmethod = "POST"\npath = "/o"\n'
PROFILE = """
throttled = 'status == 403 and header:x-left == 0'
unauthorised = 'status == 400 and body:/code == "bad_key"'
wait = "10s"
idempotency_header = "Request-Key"
idempotency_quoted = true
concurrency = 20

[[counts]]
at = "header:x-usage"
form = "used/limit"
window = "1m"

[[limits]]
rate = 5
per = "1s"
"""


@pytest.fixture
def vendor(tmp_path: Path) -> Path:
    """A profile of the user's own, beside the config."""
    file = tmp_path / "vendor.toml"
    file.write_text(PROFILE, "utf-8")
    return file


def _api(keys: str) -> str:
    return f'[apis.shop]\nbase_url = "https://h"\n{keys}\n{OPERATION}'


@pytest.mark.parametrize("name", shipped())
def test_a_profile_that_travels_with_preflight_is_found_by_its_name(read: Read, name: str) -> None:
    """All of them are read without a warning."""
    settings = read(_api(f'profile = "{name}"'))
    vendor = settings.apis["shop"].vendor
    assert vendor is not None
    assert vendor.name == name
    assert settings.warnings == ()


@pytest.mark.parametrize("name", shipped())
def test_every_value_of_a_profile_has_its_source(name: str) -> None:
    """What the documentation does not say is left out, and that is said."""
    text = resources.path(f"config/profiles/{name}.toml").read_text("utf-8")
    first: dict[str, str] = {}
    for above, line in pairwise(text.splitlines()):
        if line.startswith("[["):
            first.setdefault(line, above)
        elif re.match(r"\w+ = ", line) and not first:
            assert above.startswith("#") or re.match(r"\w+ = ", above), f"{line} has no source"
    assert all(above.startswith("#") for above in first.values()), "an array of tables has no source"
    for key in ("throttled", "unauthorised", "limits", "idempotency_header", "concurrency"):
        assert re.search(rf"^(\[\[)?{key}(\]\]| = )|^# [\w, ]*\b{key}\b[\w, ]*: left out", text, re.MULTILINE), key


def test_the_guide_names_every_key_of_a_profile_and_every_profile() -> None:
    """Whoever writes one of their own finds what it can say."""
    guide = (Path(__file__).parents[3] / "docs/limits.md").read_text("utf-8")
    known = [item for kind in (Profile, CountSettings) for item in fields(kind) if "about" in item.metadata]
    keys = {item.metadata["about"].key or item.name for item in known}
    assert {key for key in keys if not re.search(rf"\b{key} = |\[\[{key}\]\]", guide)} == set()
    assert {name for name in shipped() if f"| `{name}` |" not in guide} == set()


def test_a_profile_stands_under_what_the_config_says(read: Read, vendor: Path) -> None:
    """It is asked for what the config does not say: budgets, the key's header and form, and the most in flight."""
    api = read(_api(f'profile = "{vendor.name}"')).apis["shop"]
    assert api.limits == (LimitSettings(rate=5, per_s=1),)
    assert (api.idempotency_header, api.idempotency_quoted, api.concurrency) == ("Request-Key", True, 20)


def test_what_the_config_says_wins(read: Read, vendor: Path) -> None:
    """Also where it is less than the vendor's most, or a default that was written down."""
    own = '[[apis.shop.limits]]\nrate = 3\nper = "1m"'
    api = read(_api(f'profile = "{vendor.name}"\nconcurrency = 8\nidempotency_header = "Mine"\n{own}')).apis["shop"]
    assert api.limits == (LimitSettings(rate=3, per_s=60),)
    assert (api.idempotency_header, api.concurrency) == ("Mine", 8)


def test_no_limits_are_something_that_a_config_can_say(read: Read, vendor: Path) -> None:
    """Unset is not default: an empty list is set."""
    assert read(_api(f'profile = "{vendor.name}"\nlimits = []')).apis["shop"].limits == ()


def test_more_than_the_vendors_most_is_the_users_word_and_draws_a_warning(read: Read, vendor: Path) -> None:
    """A vendor may have allowed them more."""
    settings = read(_api(f'profile = "{vendor.name}"\nconcurrency = 64'))
    assert settings.apis["shop"].concurrency == 64
    words = "apis.shop.concurrency = 64 is more than the 20 that the profile vendor.toml knows of: lower it, unless"
    assert [words in warning for warning in settings.warnings] == [True]


def test_adaptive_concurrency_ends_at_the_vendors_most(read: Read, vendor: Path) -> None:
    """It would find out by being throttled."""
    api = read(_api(f'profile = "{vendor.name}"\nconcurrency = "auto"')).apis["shop"]
    assert (api.concurrency, api.connections) == ("auto", 20)


def test_an_unknown_profile_names_those_that_there_are(complain: Complain) -> None:
    """And the one that was meant."""
    message = complain(_api('profile = "githb"'))
    assert re.search(
        r'preflight.toml: apis.shop.profile = "githb" is no profile: write anthropic, .*, zendesk, or', message
    )
    assert message.endswith('; did you mean "github"?')


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("throtled = 'status == 403'", r'throtled is not known: .*did you mean "throttled"\?'),
        ("throttled = 'status = 403'", "throttled = .* is no predicate"),
        ('wait = "2h"', 'wait = "2h" is out of range'),
        ("concurrency = 0", "concurrency = 0 is out of range: write 1 to 10000"),
        ("[[counts]]", r"counts\[0\].at is missing: write a place in an answer"),
        ('[[counts]]\nat = "x-left"', r'counts\[0\].at = "x-left" is no place in an answer'),
        ('[[counts]]\nat = "body:/a"\nform = "used"', r'counts\[0\].form = "used" is not known'),
        ("[[limits]]\nrate = 1", r"limits\[0\].per is missing"),
        ('[[limits]]\nrate = 1\nper = "1s"\nburst = 2', r"limits\[0\].burst = 2 is more than rate = 1"),
        (
            "limits = [{ rate = 1, per = '1s', cost = 't' }, { rate = 1, per = '1m', cost = 't', estimate = 0.5 }]",
            r"limits\[1\].estimate is not that of limits\[0\]",
        ),
        ("idempotency_quoted = 1", "idempotency_quoted = 1 is a number: write true or false"),
        ("a = [", "is not TOML: .*line 1.*correct it there"),
    ],
)
def test_a_mistake_in_a_profile_is_one_of_the_config(complain: Complain, vendor: Path, text: str, words: str) -> None:
    """The message names the profile's file, the key, the value and the remedy."""
    vendor.write_text(text, "utf-8")
    assert re.search(rf"vendor\.toml: {words}", complain(_api(f'profile = "{vendor.name}"')))


def test_a_profile_that_is_not_there_is_named(complain: Complain) -> None:
    """With what to do."""
    message = complain(_api('profile = "profiles/gone.toml"'))
    assert re.search(r"profiles/gone.toml: there is no such file: create it, or correct the path", message)
