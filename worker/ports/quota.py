"""What a request may draw on, and who stands still: shared by every worker of a queue."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from worker.job import Lane, Scope, Stop


class Ask(NamedTuple):
    """Leave for up to ``most`` requests of a lane.

    Attributes:
        cost: of one of its jobs, which is about to leave, and is paid for together with its request. Without it, an API
            that has budgets of costs charges nothing yet: it says how many could go.
    """

    lane: Lane
    most: int
    cost: Mapping[str, float] | None = None


class Spent(NamedTuple):
    """What one account was charged with, as a refund needs it.

    Attributes:
        account: its name.
        after: its mark afterwards, which changes with every charge.
        units: what each slot was charged.
    """

    account: str
    after: float
    units: float = 1.0


class Grant(NamedTuple):
    """Leave to send: a slot for each request, paid for in every budget that applies.

    Attributes:
        slots: epoch seconds from which each request may leave, ascending; 0 where no budget applies.
        late_s: how many seconds after its slot a request may leave at the latest; then it needs another slot.
        wait_s: where there are fewer slots than were asked for: seconds until more may be had; infinity for a cost that
            is more than a budget allows in its whole period.
        receipt: what was charged.
        by: whose budget it is that wait_s is about: the ``by`` of its limit; empty where nobody has to wait.
    """

    slots: tuple[float, ...]
    late_s: float
    wait_s: float
    receipt: tuple[Spent, ...] = ()
    by: str = ""


class Refund(NamedTuple):
    """The last ``unused`` slots of a grant were not used, or its cost was not spent."""

    receipt: tuple[Spent, ...]
    unused: int


class Correction(NamedTuple):
    """A job cost ``units`` more (less, where negative) than was charged under this name before it was sent.

    Attributes:
        at: the slot that it was charged for; 0 where that is not known: what it cost less is forfeited then.
    """

    lane: Lane
    cost: str
    units: float
    at: float = 0.0


class Told(NamedTuple):
    """What the API itself says is left: ``remaining`` requests until ``reset_at`` (epoch seconds)."""

    scope: Scope
    remaining: float
    reset_at: float


class Quota(Protocol):
    """Keeps account of every budget: what is granted here has been paid for. Losing it never means failing open.

    A budget is overdrawn in no window, however many processes draw on it. What cannot be handed back exactly is
    forfeited.
    """

    async def grant(self, asks: Sequence[Ask]) -> list[Grant]:
        """Pay out of all of a lane's budgets, or out of none; one grant for each ask, in order."""

    async def refund(self, refunds: Sequence[Refund]) -> None:
        """Take back what was not used."""

    async def correct(self, corrections: Sequence[Correction]) -> None:
        """Settle the difference between what was charged and what a request turned out to cost."""

    async def observe(self, told: Sequence[Told]) -> None:
        """Keep to what APIs say is left, where that is less than their budgets allow."""


class Stops(Protocol):
    """Which lanes stand still, and why: shared by every worker of a queue, and shown to people."""

    async def put(self, stops: Sequence[Stop]) -> None:
        """Note stops; each takes the place of an earlier one of its scope and kind."""

    async def lift(self, stops: Sequence[Stop]) -> None:
        """Forget stops; those are skipped that are not noted, or not any more as the caller knew them."""

    async def all(self) -> list[Stop]:
        """Every stop that is noted, also those whose time has passed, the oldest first."""
