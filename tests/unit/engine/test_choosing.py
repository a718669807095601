from typing import Any

import pytest

from worker.engine.choosing import wanted
from worker.errors import UsageError

META = {"row": 17, "customer": {"name": "Ada", "tags": ["new", "vip"]}, "paid": True, "code": "17", "none": None}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("row=17", True),
        ("row=18", False),
        ("row=17.0", False),
        ("customer.name=Ada", True),
        ("customer.tags.1=vip", True),
        ("customer.tags.2=vip", False),
        ('customer.tags=["new","vip"]', True),
        ("paid=true", True),
        ("paid=1", False),
        ("code=17", True),
        ("none=null", True),
        ("row=not json", False),
        ("other=1", False),
        ("row.deeper=1", False),
    ],
)
def test_meta_is_asked_for_by_path_and_value(text: str, holds: bool) -> None:  # noqa: FBT001 - a column of the table
    """A text as it stands, everything else as JSON; what is not there is not it."""
    assert wanted(text).holds(META) is holds


@pytest.mark.parametrize("meta", [None, 5, "text", [], {}])
def test_any_meta_can_be_asked(meta: Any) -> None:
    """A job's ``meta`` may be anything."""
    assert not wanted("row=17").holds(meta)


@pytest.mark.parametrize("text", ["row", "=17", "a..b=1"])
def test_a_question_without_a_path_or_a_value_is_refused(text: str) -> None:
    """With the option as it was written."""
    with pytest.raises(UsageError, match="PATH=VALUE"):
        wanted(text)
