"""The way to an API."""

from typing import Protocol

from worker.outcome import Reply, Request


class Transport(Protocol):
    """Sends one request and waits for its reply. Never raises for what the network does."""

    async def send(self, request: Request) -> Reply:
        """Send these exact bytes; redirects are not followed. CancelledError is let through."""

    async def close(self) -> None:
        """Close every connection."""
