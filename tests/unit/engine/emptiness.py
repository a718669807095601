"""What a runner must have let go of when its run is over, however that ended."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worker.engine.runner import Runner


def left_over(runner: "Runner") -> dict[str, int]:
    """How much is in each of a runner's maps; only those that are not empty."""
    sender, books = runner._parts.pipeline._sender, runner._parts.books
    desks = runner._desks.values()
    found = {
        "leases in hand": runner.in_hand,
        "at a desk": sum(desk.waiting.qsize() for desk in desks),
        "with a sender": runner.in_flight,
        "requests under way": len(sender.flying),
        "to be marked": len(sender._marker._waiting),
        "to be settled": runner._settler.pending,
        "slots paid for": sum(map(len, runner._feeder._purses.values())),
        "to be told of limits": len(books._told) + len(books._corrections),
    }
    return {name: count for name, count in found.items() if count}


def assert_empty(runner: "Runner") -> None:
    """Nothing is left."""
    assert left_over(runner) == {}
