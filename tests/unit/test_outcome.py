import pytest

from worker.outcome import Fault


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("#/body/items/3/qty", "#/body/items/*/qty"),
        ("#/body/items/10", "#/body/items/*"),
        ("#/body/0/1", "#/body/*/*"),
        ("#/body/a1/2b", "#/body/a1/2b"),
        ("#", "#"),
    ],
)
def test_the_numbers_of_items_make_no_difference(pointer: str, expected: str) -> None:
    """The third item is as wrong as the first."""
    assert Fault(pointer, "body", "minimum", "0 is less than 1").anywhere == expected
