"""Answers as vendors really gave them (``answers/VENDOR.toml``), and what is made of them through their profiles."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from worker import resources
from worker.limits.count import Count
from worker.limits.throttle import credential_refused, throttled
from worker.limits.word import Word, read
from worker.settings.predicate import Said
from worker.settings.profiles import load_profile, shipped

Answer = Mapping[str, Any]

NOW: Final = 1_800_000_000.0  # our clock is years ahead of theirs: an answer's own Date makes good for that
PROFILES: Final = {name: load_profile(name, resources.path(f"config/profiles/{name}.toml"), {}) for name in shipped()}
SEEN: Final[list[tuple[str, Answer]]] = [
    (file.stem, answer)
    for file in sorted((Path(__file__).parent / "answers").glob("*.toml"))
    for answer in tomllib.loads(file.read_text("utf-8"))["answer"]
]
each_answer = pytest.mark.parametrize(
    ("vendor", "answer"), SEEN, ids=[f"{vendor}-{answer['status']}: {answer['source']}" for vendor, answer in SEEN]
)


def _said(answer: Answer) -> Said:
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    return Said(answer["status"], headers, answer.get("body", "{}").encode())


def _told(word: Word | None) -> Answer:
    """A word as the files have it: only what it says, and lengths in the place of moments."""
    if word is None:
        return {}
    assert word.note is None
    told: dict[str, Any] = {} if word.wait_s is None else {"wait_s": pytest.approx(word.wait_s, abs=1e-6)}
    return told | ({"counts": [_left(count) for count in word.counts]} if word.counts else {})


def _left(count: Count) -> Answer:
    reset_s = None if count.reset_at is None else pytest.approx(count.reset_at - NOW, abs=1e-6)
    told = count._asdict() | {
        "reset_s": reset_s,
        "reset_at": None,
        "needed": count.needed if count.needed != 1 else None,
    }
    return {name: value for name, value in told.items() if value is not None}


@each_answer
def test_what_a_vendor_says_is_understood(vendor: str, answer: Answer) -> None:
    """How long to stay away, how much is left and until when: on our clock, whatever theirs says."""
    expected = {name: answer[name] for name in ("wait_s", "counts") if name in answer}
    assert _told(read(_said(answer), PROFILES.get(vendor), NOW)) == expected


@each_answer
def test_a_throttle_is_told_from_other_answers(vendor: str, answer: Answer) -> None:
    """By the status, or as the vendor's profile says; 403 and 200 may be throttles, and may be none."""
    said, profile = _said(answer), PROFILES.get(vendor)
    assert throttled(said, profile) is answer["throttled"]
    assert credential_refused(said, profile) is answer.get("credential_refused", False)


@pytest.mark.parametrize("vendor", sorted(PROFILES))
def test_every_profile_is_held_to_a_normal_and_to_a_throttled_answer(vendor: str) -> None:
    """A profile without examples is a guess."""
    assert {answer["throttled"] for name, answer in SEEN if name == vendor} == {True, False}
