"""A bare aiohttp loop: the same bytes, the same headers and concurrency; no queue, no validation, no record.

Usage: ``python -m benchmarks.peers.aiohttp_loop URL JOBS CONCURRENCY``
"""

import asyncio
import sys
import time
from collections.abc import Iterator

import aiohttp
import orjson

from benchmarks.jobs import job

_HEADERS = {
    "Accept": "application/json",
    "Content-Type": "application/json",
    "User-Agent": "bare/1",
}


def bodies(count: int) -> Iterator[tuple[str, bytes]]:
    """A key and the bytes to send, for each job."""
    for number in range(count):
        yield f"{number:032x}", orjson.dumps(job(number)["body"])


async def send(session: aiohttp.ClientSession, url: str, source: Iterator[tuple[str, bytes]]) -> None:
    """Post until the source is empty."""
    for key, body in source:
        headers = {**_HEADERS, "Idempotency-Key": key}
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
            await response.read()
            assert response.status == 201  # noqa: PLR2004 - the server's only answer


async def main(url: str, count: int, concurrency: int) -> float:
    """Requests per second."""
    source = iter(list(bodies(count)))  # made beforehand: only sending is measured
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=concurrency), cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        started = time.perf_counter()
        await asyncio.gather(*(send(session, url, source) for _ in range(concurrency)))
        return count / (time.perf_counter() - started)


if __name__ == "__main__":
    import uvloop

    rate = uvloop.run(main(f"{sys.argv[1]}/shops/berlin/orders", int(sys.argv[2]), int(sys.argv[3])))
    print(orjson.dumps({"per_s": rate}).decode())
