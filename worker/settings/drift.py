"""``[apis.NAME.drift]``."""

from dataclasses import dataclass

from worker.settings import kinds
from worker.settings.about import setting


@dataclass(frozen=True, slots=True)
class DriftSettings:
    """``[apis.NAME.drift]``: when an operation whose API refuses what its contract allows is left alone.

    Attributes:
        window: how many of an operation's last answers count.
        pause_at: the share of them, rejected, at which it is paused.
    """

    window: int = setting(
        kinds.Integer(10, 10_000, "answers of one operation"), "enough for a share to mean something", 100
    )
    pause_at: float = setting(
        kinds.Number(above=0, high=1, unit="the share rejected"),
        "half of a quota burnt in vain is too much; good contracts stay near 0",
        0.5,
    )
