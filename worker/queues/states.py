"""How states stand in databases."""

from typing import Final

from worker.job import State

#: In the order of their numbers.
STATES: Final = (State.READY, State.LEASED, State.DELAYED, State.DELIVERED, State.DEAD, State.PARKED)
_NUMBERS: Final = {state: number for number, state in enumerate(STATES)}


def number_of(state: State) -> int:
    """The number of a state; the stores' SQL writes it out."""
    return _NUMBERS[state]


def state_of(number: int) -> State:
    """The state of a number."""
    return STATES[number]
