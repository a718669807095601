import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.engine.change import Change, mended, setting, unsetting
from worker.errors import UsageError
from worker.job import UNSET

NAMES = st.sampled_from(["a", "b", "0", "1", "zip"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
PATHS = st.lists(NAMES, max_size=4).map(lambda names: ("body", *names))
JOBS = st.fixed_dictionaries({"id": st.just("1"), "operation": st.just("order")}, optional={"body": JSON})


def at(job: Any, path: tuple[str, ...]) -> Any:
    """What stands at a path; UNSET where nothing does."""
    for step in path:
        if isinstance(job, list) and step.isdecimal() and int(step) < len(job):
            job = job[int(step)]
        elif isinstance(job, dict) and step in job:
            job = job[step]
        else:
            return UNSET
    return job


@given(JOBS, PATHS, JSON)
def test_what_was_set_stands_there_and_the_job_that_was_given_is_untouched(
    job: dict[str, Any], path: tuple[str, ...], value: Any
) -> None:
    """Or the path is impossible, and then nothing is made at all."""
    before = copy.deepcopy(job)
    try:
        made = mended(job, [Change(path, value)])
    except UsageError:
        made = None
    assert job == before
    if made is not None:
        assert at(made, path) == value
        assert {key: made[key] for key in ("id", "operation")} == {"id": "1", "operation": "order"}


@given(JOBS, PATHS, JSON)
def test_all_else_in_the_job_stays(job: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Members beside the path, at every level, are what they were."""
    try:
        made = mended(job, [Change(path, value)])
    except UsageError:
        return
    for depth in range(len(path)):
        before, after = at(job, path[:depth]), at(made, path[:depth])
        if isinstance(before, dict):
            assert {key: one for key, one in after.items() if key != path[depth]} == {
                key: one for key, one in before.items() if key != path[depth]
            }


@given(JOBS, PATHS)
def test_taking_away_never_fails_and_what_is_not_there_changes_nothing(
    job: dict[str, Any], path: tuple[str, ...]
) -> None:
    """Of a list, the later items move up; of an object, the name is gone."""
    made = mended(job, [Change(path, UNSET)])
    if at(job, path) is UNSET:
        assert made == job
    else:
        parent, given_parent = at(made, path[:-1]), at(job, path[:-1])
        assert len(parent) == len(given_parent) - 1


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("body.qty=3", ("body", "qty"), 3),
        ("body.note=a = b", ("body", "note"), "a = b"),
        ('body.zip="10115"', ("body", "zip"), "10115"),
        ("body.items.0.qty=null", ("body", "items", "0", "qty"), None),
        ('body={"a": 1}', ("body",), {"a": 1}),
        ("params.query.id=7", ("params", "query.id"), 7),
        ("headers.X-Trace=7", ("headers", "X-Trace"), "7"),
        ("key=7", ("key",), "7"),
        ("key=null", ("key",), None),
        ("deadline=2026-12-31T00:00:00Z", ("deadline",), "2026-12-31T00:00:00Z"),
        ("body.qty=NaN", ("body", "qty"), "NaN"),
    ],
)
def test_an_edit_is_written_as_place_and_value(text: str, path: tuple[str, ...], value: Any) -> None:
    """JSON where it is JSON, else text; where a job has texts only, always text."""
    assert setting(text) == Change(path, value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("body.qty", "PLACE=VALUE"),
        ("id=2", "cannot be changed"),
        ("api=other", "cannot be changed"),
        ("bdy.qty=3", "did you mean 'body'?"),
        ("priority.x=3", "has no members"),
        ("body..x=3", "between the dots"),
        (f"body{'.x' * 100}=3", "a path of 101 steps; no job is deeper than 100"),
    ],
)
def test_an_edit_that_cannot_be_meant_is_refused_before_any_job_is_read(text: str, said: str) -> None:
    """With the option as it was written, and a remedy."""
    with pytest.raises(UsageError, match="--set") as caught:
        setting(text)
    assert said in str(caught.value)


def test_taking_away_names_a_place_too() -> None:
    """And the identity of a job cannot be taken away either."""
    assert unsetting("params.query.id") == Change(("params", "query.id"), UNSET)
    with pytest.raises(UsageError, match="--unset id"):
        unsetting("id")


@pytest.mark.parametrize(
    ("path", "said"),
    [(("body", "qty", "x"), "body.qty is a single value"), (("body", "items", "2"), "body.items is a list of 1")],
)
def test_an_impossible_path_says_where_it_ends(path: tuple[str, ...], said: str) -> None:
    """The place that has no members, or the list's length."""
    with pytest.raises(UsageError, match=said):
        mended({"body": {"qty": 1, "items": [{}]}}, [Change(path, 1)])


def test_objects_and_lists_on_the_way_are_made() -> None:
    """An object by a name, a list by its first index."""
    assert mended({}, [setting("body.items.0.sku=A"), setting("body.items.1.sku=B")]) == {
        "body": {"items": [{"sku": "A"}, {"sku": "B"}]}
    }
