"""Faults that a person can act on: what is wrong, where, by which rule, and what to do about it."""

from worker.contract.explain.faults import MAX_FAULTS, explain
from worker.contract.explain.naming import place_of
from worker.contract.explain.surroundings import Lookup
from worker.contract.likeness import suggest
from worker.contract.shown import show

__all__ = ["MAX_FAULTS", "Lookup", "explain", "place_of", "show", "suggest"]
