"""The sandbox's memory of requests has an end."""

from worker.sandbox.memory import Memory


def test_memory_is_bounded_and_keeps_the_latest() -> None:
    """Never more than it may hold, and always the latest half."""
    memory: Memory[int] = Memory(10)
    for number in range(1000):
        memory.put(Memory.digest(str(number)), number)
        assert len(memory) <= 10
        for recent in range(max(0, number - 4), number + 1):
            assert memory.get(Memory.digest(str(recent))) == recent
    assert memory.get(Memory.digest("0")) is None


def test_a_value_that_is_put_again_is_replaced() -> None:
    """Whichever generation held it."""
    memory: Memory[int] = Memory(4)
    for value in (1, 2, 3, 4, 5):
        memory.put(b"a", value)
        memory.put(b"b", 0)
        assert memory.get(b"a") == value
    assert len(memory) == 2


def test_a_cleared_memory_is_empty() -> None:
    """Nothing is left in it."""
    memory: Memory[int] = Memory(4)
    for key in (b"a", b"b", b"c"):
        memory.put(key, 1)
    memory.clear()
    assert len(memory) == 0
    assert memory.get(b"a") is None
