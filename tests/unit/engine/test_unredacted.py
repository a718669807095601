from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.engine.unredacted import unredacted
from worker.errors import UsageError
from worker.redaction import REDACTED, redact

JOB: dict[str, Any] = {
    "id": "1",
    "headers": {"Authorization": "Bearer abcdefghij", "X-Trace": "7"},
    "body": {
        "qty": 1,
        "note": "call Bearer abcdefghij for it",
        "cards": [{"name": "Ada", "token": "t-1"}, {"name": "Bob", "token": "t-2"}],
        "auth": {"user": "ada", "pin": 1},
    },
}

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False)
    | st.sampled_from(["a", "Bearer abcdefgh"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "token", "b"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["params", "body", "token"]), VALUES))
def test_a_job_that_was_not_edited_is_what_it_was(job: dict[str, Any]) -> None:
    """Whatever was redacted in it."""
    assert unredacted(redact(job), job) == job


def edited(**changes: Any) -> Any:
    """The exported job with other members in its body."""
    shown = redact(JOB)
    return {**shown, "body": {**shown["body"], **changes}}


def test_what_is_edited_is_new_and_what_was_redacted_is_as_it_was() -> None:
    """Beside each other, in one object."""
    made = unredacted(edited(qty=True, more=[5]), JOB)

    assert made == {**JOB, "body": {**JOB["body"], "qty": True, "more": [5]}}
    assert made["body"]["qty"] is True


def test_items_of_a_list_keep_their_secrets_when_they_move() -> None:
    """The first card is left out: the second keeps its own."""
    made = unredacted(edited(cards=[{"name": "Bob", "token": REDACTED}]), JOB)

    assert made["body"]["cards"] == [{"name": "Bob", "token": "t-2"}]


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"cards": [{"name": "Eve", "token": REDACTED}]}, "#/body/cards/0"),
        ({"cards": [{"name": "Ada", "token": REDACTED, "qty": 1}]}, "#/body/cards/0"),
        ({"qty": REDACTED}, "#/body/qty"),
        ({"other": {"token": REDACTED}}, "#/body/other/token"),
        ({"note": f"call {REDACTED} for that"}, "#/body/note"),
        ({"auth": {"user": REDACTED}}, "#/body/auth/user"),
    ],
)
def test_a_mark_that_stands_for_nothing_is_refused(changes: dict[str, Any], at: str) -> None:
    """No guess is made whose secret it is, and no mark is ever sent."""
    with pytest.raises(UsageError) as caught:
        unredacted(edited(**changes), JOB)
    assert str(caught.value).startswith(at)


def test_of_two_items_that_look_alike_each_keeps_its_own() -> None:
    """As long as they stay in their places."""
    job = {"body": [{"token": "t-1"}, {"token": "t-2"}, 5]}

    assert unredacted({"body": [{"token": REDACTED}, {"token": REDACTED}, 6]}, job) == {
        "body": [{"token": "t-1"}, {"token": "t-2"}, 6]
    }
    with pytest.raises(UsageError, match="#/body/2"):
        unredacted({"body": [{"token": REDACTED}, {"token": REDACTED}, {"token": REDACTED}]}, job)
