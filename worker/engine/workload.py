"""How much there is to send, by lane and by what it costs: counts only, so that millions of rows need little memory."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from worker.job import Lane

#: Lanes that are told apart. The jobs of later ones count as if no budget by key were in their way: so many keys have
#: few jobs each.
_MOST_LANES: Final = 100_000


@dataclass(slots=True)
class Load:
    """Jobs of one lane that name the same costs.

    Attributes:
        units: of all of them together, by the cost's name.
        keyed: whether budgets by key count for them.
    """

    lane: Lane
    keyed: bool
    jobs: int = 0
    units: dict[str, float] = field(default_factory=dict)

    @property
    def cost(self) -> dict[str, float]:
        """What one of the jobs costs, on average."""
        return {name: units / self.jobs for name, units in self.units.items()}


class Workload:
    """What is to be sent.

    Args:
        costs: the names of costs that budgets count, by API; others are left out.
    """

    def __init__(self, costs: Mapping[str, Collection[str]]) -> None:
        self._costs = costs
        self._loads: dict[tuple[Lane, tuple[str, ...]], Load] = {}
        self._rest: dict[tuple[Lane, tuple[str, ...]], Load] = {}

    def __iter__(self) -> Iterator[Load]:
        yield from self._loads.values()
        yield from self._rest.values()

    def add(self, lane: Lane, cost: Mapping[str, float], jobs: int = 1) -> None:
        """Add jobs of a lane, each of which costs this."""
        names = tuple(sorted(self._costs.get(lane.api, frozenset()) & cost.keys())) if cost else ()
        load = self._loads.get((lane, names)) or self._new(lane, names)
        load.jobs += jobs
        for name in names:
            load.units[name] = load.units.get(name, 0.0) + cost[name] * jobs

    def _new(self, lane: Lane, names: tuple[str, ...]) -> Load:
        if len(self._loads) < _MOST_LANES:
            return self._loads.setdefault((lane, names), Load(lane, keyed=True))
        lane = lane._replace(key=None)
        return self._rest.setdefault((lane, names), Load(lane, keyed=False))
