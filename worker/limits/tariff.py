"""Which accounts a request or a cost is paid from, and what they are called."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import orjson

from worker.job import Lane, Scope
from worker.limits.account import Account
from worker.limits.budget import Budget
from worker.limits.fixed import Fixed
from worker.limits.sliding import Sliding
from worker.limits.smooth import Smooth
from worker.limits.told import Told
from worker.ports import Ask

_TOLD: Final = Told()
_TOLD_KIND: Final = "told"  # in names, where a budget has its kind


class Due(NamedTuple):
    """What has to be paid from one account.

    Attributes:
        budget: None for the account of what the API itself says.
        charged: False for what is only looked at: jobs that are not leased yet have unknown costs.
    """

    name: str
    account: Account
    budget: Budget | None
    by: str
    units: float
    charged: bool = True


class Tariff:
    """The budgets of every API, and the names of their accounts: JSON, so that no key is mistaken for another.

    A name says how the account counts, and not how much it allows: what was spent stays spent when a rate is changed,
    and no state is read as one of another shape.

    Args:
        budgets: by API; one that has none keeps to what it says itself, and to nothing else.
    """

    def __init__(self, budgets: Mapping[str, Sequence[Budget]]) -> None:
        self._budgets = {api: _by_kind(found) for api, found in budgets.items()}

    def due(self, ask: Ask) -> list[Due]:
        """What one unit of an ask has to be paid from, what the API says last.

        Where there are costs, requests are paid for together with them, at one moment: before that they are looked at.
        """
        found = self._budgets.get(ask.lane.api, {})
        charged = ask.cost is not None or all(budget.cost is None for budget, _ in found.values())
        dues = []
        for kind, (budget, account) in found.items():
            units = 1.0
            if budget.cost is not None:
                units = min(budget.estimate, budget.rate) if ask.cost is None else _units(ask.cost, budget)
            if units > 0:
                dues.append(Due(_name(budget.scope(ask.lane), kind), account, budget, budget.by, units, charged))
        dues += [Due(told_name(scope), _TOLD, None, by, 1.0, charged) for scope, by in _scopes(ask.lane)]
        return dues

    def of_cost(self, lane: Lane, cost: str) -> list[tuple[str, Account]]:
        """The accounts that a lane's costs of one name are paid from."""
        return [
            (_name(budget.scope(lane), kind), account)
            for kind, (budget, account) in self._budgets.get(lane.api, {}).items()
            if budget.cost == cost
        ]

    def account(self, name: str) -> Account:
        """The arithmetic of a name that was given out here."""
        api, kind = orjson.loads(name)[:2]
        return _TOLD if kind == _TOLD_KIND else self._budgets[api][kind][1]


def _units(cost: Mapping[str, float], budget: Budget) -> float:
    """What a job draws from a budget of costs."""
    return cost.get(budget.cost or "", budget.estimate)


def told() -> Told:
    """The arithmetic of what APIs say."""
    return _TOLD


def told_name(scope: Scope) -> str:
    """The account of what an API says about a part of its lanes."""
    return _name(scope, _TOLD_KIND)


def _name(scope: Scope, kind: str) -> str:
    return orjson.dumps((scope[0], kind, scope[1], scope[2])).decode()


def _by_kind(budgets: Sequence[Budget]) -> dict[str, tuple[Budget, Account]]:
    """Each budget by what an account of it is called for; those that count alike are numbered."""
    found: dict[str, tuple[Budget, Account]] = {}
    seen: Counter[str] = Counter()
    for budget in budgets:
        kind = f"{budget.cost or ''} {budget.window} {budget.per_s:g} by {budget.by}"
        seen[kind] += 1
        found[f"{kind} {seen[kind]}"] = budget, _account(budget)
    return found


def _scopes(lane: Lane) -> list[tuple[Scope, str]]:
    """What an API may have said something about that concerns a lane."""
    api, operation, key = lane
    scopes = [(Scope(api), "api"), (Scope(api, operation), "operation")]
    if key is not None:
        scopes += [(Scope(api, None, key), "key"), (Scope(api, operation, key), "key")]
    return scopes


def _account(budget: Budget) -> Account:
    match budget.window:
        case "fixed":
            return Fixed(budget)
        case "smooth" if budget.cost is None:
            return Smooth(budget)
    return Sliding(budget)
