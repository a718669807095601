"""How values are shown: short, printable, without secrets, and never in vain."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from worker.contract.explain import MAX_FAULTS, show, suggest
from worker.outcome import Fault

FindFaults = Callable[..., list[Fault]]
FindFault = Callable[..., Fault]


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        ({"properties": {"password": {"minLength": 99}}}, {"password": "hunter2"}),
        ({"properties": {"password": {"type": "integer"}}}, {"password": "hunter2"}),
        ({"properties": {"password": {"enum": ["a"]}}}, {"password": "hunter2"}),
        ({"properties": {"password": {"pattern": "^x$", "example": "x"}}}, {"password": "hunter2"}),
        ({"properties": {"password": {"type": "array"}}}, {"password": "hunter2"}),
        ({"properties": {"password": {"oneOf": [{"format": "ipv4"}, {"format": "ipv6"}]}}}, {"password": "hunter2"}),
        ({"properties": {"token": {"items": {"type": "integer"}}}}, {"token": ["hunter2"]}),
        ({"properties": {"token": {"not": {}}}}, {"token": "hunter2"}),
        ({"properties": {"token": {"propertyNames": {"maxLength": 1}}}}, {"token": {"hunter2": 1}}),
        ({"type": "string"}, {"a": {"password": "hunter2"}}),
        ({"not": {}}, {"password": "hunter2"}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"password": "hunter2"}),
        (
            {"oneOf": [{"properties": {"token": {"const": one}}, "required": ["token"]} for one in ("a", "b")]},
            {"token": "hunter2"},
        ),
        ({"properties": {"a": {"type": "integer"}}}, {"a": "Bearer hunter2hunter2"}),
        ({"additionalProperties": False}, {"Bearer hunter2hunter2": 1}),
    ],
)
def test_a_secret_is_never_shown(find_faults: FindFaults, schema: Any, body: Any) -> None:
    """Neither as the value that is wrong, nor inside of it."""
    found = find_faults(schema, body)
    assert found
    assert not [one for one in found if "hunter2" in f"{one.detail}{one.hint}"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (10**400, "1" + "0" * 56 + "..."),
        pytest.param(10**5000, '"a number of 16,610 bits"', id="more digits than Python writes"),
        (-(2**63), "-9223372036854775808"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (Decimal("1.10"), "1.1"),
        (Decimal(3), "3"),
        ("line\nnext\x1b[31m\u202e\ud800", '"line\\nnext\\u001b[31m\\u202e\\ud800"'),
        ("x" * 1000, '"' + "x" * 56 + "..."),
        (list(range(1000)), "[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,..."),
        ({"token": [1] * 100, "rest": 1}, '{"token":"[redacted]"}...'),
        ({"a": {"b": [None, True, 1.5, "é"]}}, '{"a":{"b":[null,true,1.5,"é"]}}'),
        ({(1, 2): b"x"}, '{"(1, 2)":"b\'x\'"}'),
    ],
)  # fmt: skip
def test_whatever_a_value_is_it_can_be_shown(value: Any, shown: str) -> None:
    """On one short line."""
    assert show(value) == shown


def test_a_value_of_many_megabytes_is_not_read_to_its_end() -> None:
    """Only what can be shown is looked at: the object would be of no use if it were."""

    class Endless(dict[str, int]):
        def __iter__(self) -> Any:
            number = 0
            while True:
                yield f"m{number}"
                number += 1

        def __getitem__(self, name: str) -> int:
            return 1

    assert show(Endless()).startswith('{"m0":1,"m1":1,')


def test_long_lists_of_names_are_cut(find_fault: FindFault) -> None:
    """One line is read, a page is not."""
    assert find_fault({"enum": [str(n) for n in range(20)]}, "x").hint == "one of: 0, 1, 2, 3, 4, 5, 6, 7 and 12 more"
    assert suggest("x", [f"name{n}" for n in range(2000)]).endswith("and 1,992 more")
    assert len(find_fault({"maxLength": 1}, "x" * 1000).detail) < 100


def test_a_million_faults_are_one_mistake(find_faults: FindFaults) -> None:
    """One more is told than are kept, so that whoever keeps them knows that there are more."""
    assert len(find_faults({"items": {"type": "null"}}, list(range(5000)))) == MAX_FAULTS + 1
