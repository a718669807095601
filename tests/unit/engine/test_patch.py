"""JSON Patch as RFC 6902 has it: every example of its appendix A, and what it says of errors."""

import copy
from typing import Any

import orjson
import pytest

from worker.engine.patch import operations, patched
from worker.errors import UsageError


def apply(document: Any, patch: Any) -> Any:
    """A document after a patch."""
    return patched(document, operations(orjson.dumps(patch), "patch.json"))


GOOD: dict[str, tuple[Any, list[Any], Any]] = {
    "A.1. Adding an Object Member": (
        {"foo": "bar"},
        [{"op": "add", "path": "/baz", "value": "qux"}],
        {"baz": "qux", "foo": "bar"},
    ),
    "A.2. Adding an Array Element": (
        {"foo": ["bar", "baz"]},
        [{"op": "add", "path": "/foo/1", "value": "qux"}],
        {"foo": ["bar", "qux", "baz"]},
    ),
    "A.3. Removing an Object Member": (
        {"baz": "qux", "foo": "bar"},
        [{"op": "remove", "path": "/baz"}],
        {"foo": "bar"},
    ),
    "A.4. Removing an Array Element": (
        {"foo": ["bar", "qux", "baz"]},
        [{"op": "remove", "path": "/foo/1"}],
        {"foo": ["bar", "baz"]},
    ),
    "A.5. Replacing a Value": (
        {"baz": "qux", "foo": "bar"},
        [{"op": "replace", "path": "/baz", "value": "boo"}],
        {"baz": "boo", "foo": "bar"},
    ),
    "A.6. Moving a Value": (
        {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
        [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
        {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
    ),
    "A.7. Moving an Array Element": (
        {"foo": ["all", "grass", "cows", "eat"]},
        [{"op": "move", "from": "/foo/1", "path": "/foo/3"}],
        {"foo": ["all", "cows", "eat", "grass"]},
    ),
    "A.8. Testing a Value: Success": (
        {"baz": "qux", "foo": ["a", 2, "c"]},
        [{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2}],
        {"baz": "qux", "foo": ["a", 2, "c"]},
    ),
    "A.10. Adding a Nested Member Object": (
        {"foo": "bar"},
        [{"op": "add", "path": "/child", "value": {"grandchild": {}}}],
        {"foo": "bar", "child": {"grandchild": {}}},
    ),
    "A.11. Ignoring Unrecognized Elements": (
        {"foo": "bar"},
        [{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}],
        {"foo": "bar", "baz": "qux"},
    ),
    "A.14. ~ Escape Ordering": (
        {"/": 9, "~1": 10},
        [{"op": "test", "path": "/~01", "value": 10}],
        {"/": 9, "~1": 10},
    ),
    "A.16. Adding an Array Value": (
        {"foo": ["bar"]},
        [{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}],
        {"foo": ["bar", ["abc", "def"]]},
    ),
    "4.1. add replaces a member that exists": ({"a": 1}, [{"op": "add", "path": "/a", "value": 2}], {"a": 2}),
    "4.1. add at the end by the number of items": ([1], [{"op": "add", "path": "/1", "value": 2}], [1, 2]),
    "4.1. add of the whole document": ({"a": 1}, [{"op": "add", "path": "", "value": [1]}], [1]),
    "4.3. replace in a list": ([1, 2], [{"op": "replace", "path": "/0", "value": 9}], [9, 2]),
    "4.5. copy": ({"a": {"b": 1}}, [{"op": "copy", "from": "/a", "path": "/a/c"}], {"a": {"b": 1, "c": {"b": 1}}}),
    "4.6. numbers are equal by value": ({"a": 1}, [{"op": "test", "path": "/a", "value": 1.0}], {"a": 1}),
    "4.6. objects are equal in any order": (
        {"a": {"x": [1], "y": None}},
        [{"op": "test", "path": "/a", "value": {"y": None, "x": [1]}}],
        {"a": {"x": [1], "y": None}},
    ),
    "a move to where it was": ({"a": [1, 2]}, [{"op": "move", "from": "/a/0", "path": "/a/0"}], {"a": [1, 2]}),
    "the order of members stays": ({"a": 1, "b": 2}, [{"op": "replace", "path": "/a", "value": 3}], {"a": 3, "b": 2}),
}

BAD: dict[str, tuple[Any, list[Any], str]] = {
    "A.9. Testing a Value: Error": (
        {"baz": "qux"},
        [{"op": "test", "path": "/baz", "value": "bar"}],
        "test /baz: another value stands there",
    ),
    "A.12. Adding to a Nonexistent Target": (
        {"foo": "bar"},
        [{"op": "add", "path": "/baz/bat", "value": "qux"}],
        "add /baz/bat: there is no 'baz'",
    ),
    "A.15. Comparing Strings and Numbers": (
        {"/": 9, "~1": 10},
        [{"op": "test", "path": "/~01", "value": "10"}],
        "test /~01: another value stands there",
    ),
    "4.2. remove what is not there": ({"a": 1}, [{"op": "remove", "path": "/b"}], "there is no 'b'"),
    "4.3. replace what is not there": ({}, [{"op": "replace", "path": "/b", "value": 1}], "there is no 'b'"),
    "4.4. move into itself": ({"a": {}}, [{"op": "move", "from": "/a", "path": "/a/b"}], "into itself"),
    "4.5. copy what is not there": ({}, [{"op": "copy", "from": "/a", "path": "/b"}], "there is no 'a'"),
    "4.6. true is not 1": ({"a": 1}, [{"op": "test", "path": "/a", "value": True}], "another value"),
    "an index past the end": ({"a": [1]}, [{"op": "add", "path": "/a/2", "value": 2}], "has no item 2"),
    "an index with a leading zero": ({"a": [1]}, [{"op": "remove", "path": "/a/00"}], "'00' is no index"),
    "the end is nowhere but in add": ({"a": [1]}, [{"op": "remove", "path": "/a/-"}], "'-' is no index"),
    "a member of a single value": ({"a": 1}, [{"op": "add", "path": "/a/b", "value": 2}], "has no members"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_patch_changes_what_it_says(name: str) -> None:
    """And leaves what it was given as it was."""
    document, patch, expected = GOOD[name]
    before = copy.deepcopy(document)

    made = apply(document, patch)

    assert (made, type(made)) == (expected, type(expected))
    assert orjson.dumps(document) == orjson.dumps(before)


@pytest.mark.parametrize("name", BAD)
def test_a_patch_that_cannot_be_made_says_which_operation_and_why(name: str) -> None:
    """All operations are made, or none."""
    document, patch, said = BAD[name]
    with pytest.raises(UsageError) as caught:
        apply(document, patch)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"op": "add"', "broken JSON at line 1"),
        ("{}", "a JSON Patch is a list"),
        ("[5]", "operation 1 is no object"),
        ('[{"op": "remove", "path": "/a"}, {"op": "replce", "path": "/a"}]', "operation 2: 'replce' is no operation"),
        ('[{"path": "/a"}]', "operation 1: None is no operation"),
        ('[{"op": "add", "path": "/a"}]', "add needs 'value'"),
        ('[{"op": "move", "path": "/a"}]', "move needs 'from'"),
        ('[{"op": "remove"}]', "remove needs 'path'"),
        ('[{"op": "remove", "path": "a/b"}]', "'a/b' is no JSON Pointer"),
        ('[{"op": "copy", "from": 5, "path": "/a"}]', "from: 5 is no JSON Pointer"),
        (f'[{{"op": "remove", "path": "{"/a" * 101}"}}]', "path: a path of 101 steps; no job is deeper than 100"),
        (f'[{{"op": "copy", "from": "{"/a" * 2000}", "path": "/a"}}]', "from: a path of 2000 steps"),
        # A.13. Invalid JSON Patch Document: the last `op` counts, and there is nothing to remove
        ('[{"op": "add", "path": "/baz", "value": "qux", "op": "remove"}]', "there is no 'baz'"),
    ],
)
def test_a_document_that_is_no_patch_is_refused(text: str, said: str) -> None:
    """With the file, and the number of the operation."""
    with pytest.raises(UsageError) as caught:
        patched({"foo": "bar"}, operations(text.encode(), "patch.json"))
    assert said in str(caught.value)
