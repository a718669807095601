"""The seams. Engine and stages see stores, limits and transports only through these."""

from worker.ports.clock import Clock
from worker.ports.ledger import Archive, Edit, Ledger
from worker.ports.queue import MOST_COUNTED, Accepted, Bell, Queue, Ready, Want
from worker.ports.quota import Ask, Correction, Grant, Quota, Refund, Spent, Stops, Told
from worker.ports.transport import Transport

__all__ = [
    "MOST_COUNTED",
    "Accepted",
    "Archive",
    "Ask",
    "Bell",
    "Clock",
    "Correction",
    "Edit",
    "Grant",
    "Ledger",
    "Queue",
    "Quota",
    "Ready",
    "Refund",
    "Spent",
    "Stops",
    "Told",
    "Transport",
    "Want",
]
