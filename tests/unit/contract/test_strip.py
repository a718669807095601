from typing import Any

import pytest

from worker.contract.strip import without


@pytest.mark.parametrize(
    ("body", "pointers", "left"),
    [
        ({"a": 1, "b": 2}, ["#/body/a"], {"b": 2}),
        ({"a": {"id": 1, "b": 2}}, ["#/body/a/id"], {"a": {"b": 2}}),
        ([{"id": 1}, {"id": 2, "b": 3}], ["#/body/0/id", "#/body/1/id"], [{}, {"b": 3}]),
        ({"a/b": 1, "50%20": 2, "c": 3}, ["#/body/a~1b", "#/body/50%20"], {"c": 3}),
        ({"a": 1}, [], {"a": 1}),
    ],
)
def test_members_are_taken_out(body: Any, pointers: list[str], left: Any) -> None:
    """Wherever they stand."""
    assert without(body, pointers) == left


def test_the_body_itself_stays_as_it_is() -> None:
    """A job may be looked at again."""
    body = {"items": [{"id": 1, "b": 2}], "other": [3]}
    less = without(body, ["#/body/items/0/id"])
    assert body == {"items": [{"id": 1, "b": 2}], "other": [3]}
    assert less["other"] is body["other"]
