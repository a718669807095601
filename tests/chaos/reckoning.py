"""Adds up after an experiment: every job is delivered, explained or waiting, and every repeat is accounted for."""

import json
import os
from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.chaos.site import Site

#: A worker may learn of an answer, and write it down, as long after the API had accepted the request.
_LATE_S = 2.0
_FINISHED = ("delivered", "dead", "parked")


@dataclass(frozen=True)
class Reckoning:
    """What an experiment came to.

    Attributes:
        repeats: requests that the API had accepted before: each follows an injury, with the same Idempotency-Key.
    """

    experiment: str
    store: str
    injuries: dict[str, int]
    jobs: int
    delivered: int
    dead: int
    parked: int
    waiting: int
    requests: int
    repeats: int


def reckon(site: Site, experiment: str, *, honest: bool = True) -> Reckoning:
    """Hold the ledger against the API, and both against what was accepted.

    Args:
        site: where it took place.
        experiment: its name in the report.
        honest: the API answers to what it has accepted; else repeats need no other reason.
    """
    queue = site.lines("status", "--json")[0]["queue"]
    waiting = queue["ready"] + queue["delayed"] + queue["leased"]
    finished = {state: queue[state] for state in _FINISHED}
    assert waiting + sum(finished.values()) == site.accepted
    results = [line["id"] for line in site.lines("results", "export")]
    failures = [line["id"] for line in site.lines("failures", "export")]
    assert len(set(results)) == len(results) == finished["delivered"]
    assert len(set(failures)) == len(failures) == finished["dead"] + finished["parked"]
    assert not set(results) & set(failures)
    repeats = _repeats(site, set(results), honest=honest)
    made = Reckoning(
        experiment=experiment,
        store=site.kind,
        injuries=site.injuries,
        jobs=site.accepted,
        **finished,
        waiting=waiting,
        requests=site.shop.requests,
        repeats=repeats,
    )
    _report(made)
    return made


def _repeats(site: Site, delivered: set[str], *, honest: bool) -> int:
    """How many requests were accepted again; each of them follows an injury and bears the key of the first."""
    requests: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in site.shop.records:
        requests[record["body"]["note"]].append(record)
    assert delivered <= requests.keys()
    keys = {id_: {record["key"] for record in records} for id_, records in requests.items()}
    assert all(len(found) == 1 for found in keys.values())
    assert len(set().union(*keys.values())) == len(keys)  # no two jobs share one
    repeats = 0
    for id_, records in requests.items():
        accepted = [_seconds(record["at"]) for record in records if record["processed"] or record["replayed"]]
        assert accepted or id_ not in delivered
        for first, again in pairwise(accepted):
            repeats += 1
            reasons = [
                since for since, until in site.hurt if since <= min(again, first + _LATE_S) and first - _LATE_S <= until
            ]
            assert reasons or not honest, f"{id_} was sent twice for no reason"
    return repeats


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _report(made: Reckoning) -> None:
    """A line for whoever collects them, where ``PREFLIGHT_CHAOS_REPORT`` names a file."""
    if path := os.environ.get("PREFLIGHT_CHAOS_REPORT"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(made)) + "\n")
