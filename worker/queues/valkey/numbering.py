"""Numbers that grow with the time, also where the server has forgotten those that it gave last."""

from typing import Final

#: A number is the time in milliseconds, and behind it chance: of two within one millisecond, between which the server
#: has forgotten the first, one in a thousand would be the same. The sum fits into a double.
_CHANCES: Final = 1024


def least_number(now: float, chance: float = 0.0) -> int:
    """The least number that is given now, at epoch seconds."""
    return int(now * 1000) * _CHANCES + int(chance * _CHANCES)
