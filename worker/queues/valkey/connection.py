"""The connection to the server: scripts and commands in, answers out, errors in our words.

Nothing is sent twice behind our back: whoever gets a ``StoreAwayError`` asks again, and everything may be asked twice.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeAlias

from redis.asyncio import Redis, RedisCluster, Sentinel
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import MasterDownError, NoScriptError, ReadOnlyError, ResponseError

from worker.errors import StoreAwayError, StoreBusyError, StoreGoneError
from worker.queues.valkey.address import Address
from worker.queues.valkey.scripts import script
from worker.queues.valkey.translation import translate

Word: TypeAlias = str | bytes | int
Command: TypeAlias = Sequence[Word]

#: A server that is there takes a connection within a round trip, also across the world.
_CONNECT_S: Final = 5.0
#: Our scripts take milliseconds: a server that says nothing for so long is not there any more.
ANSWER_S: Final = 10.0
#: A connection that was idle for so long is tried out before it is used.
_IDLE_S: Final = 30.0
#: For how long one look for announcements waits.
_LISTEN_S: Final = 1.0
#: How long the disk may take: with ``appendfsync everysec`` up to a second, when all is well. The server has to say so
#: while it is listened to.
_DISK_S: Final = 5.0
_DISK_SHARE: Final = 0.5
#: What a server says that is no primary any more.
_MOVED: Final = (ReadOnlyError, MasterDownError)


class Connection:
    """Connections to one server, or to one cluster, for one queue.

    Args:
        address: where it is.
        answer_s: how long a server may say nothing until it counts as gone.

    Attributes:
        shown: the URL without its password.
        waits_for_disk: whether what must be durable is waited for.
        in_doubt: whether another server may answer than before, or one that is otherwise set up.
    """

    def __init__(self, address: Address, answer_s: float = ANSWER_S) -> None:
        self.shown = address.shown
        self.waits_for_disk = False
        self.in_doubt = False
        self._prefix = address.prefix
        self._partings = 0
        self._disk_s = min(_DISK_S, answer_s * _DISK_SHARE)
        self._client, *self._sentinels = _clients(address, answer_s)

    async def run(self, name: str, *words: Word, durable: bool = False) -> Any:
        """Run a script.

        Raises:
            StoreError: whether it ran is not known where it is a StoreAwayError.
        """
        (answer,) = await self.run_all(name, [words], durable=durable)
        return answer

    async def run_all(self, name: str, batches: Sequence[Command], *, durable: bool = False) -> list[Any]:
        """Run a script for each of several batches, one after the other.

        Args:
            name: of the file.
            batches: its arguments.
            durable: return only after the server's disk has it, where the server can tell.

        Raises:
            StoreError: some may have run.
        """
        text, digest = script(name)
        answers = await self._send([("EVALSHA", digest, 1, self._prefix, *words) for words in batches], durable=durable)
        while missing := [index for index, answer in enumerate(answers) if isinstance(answer, NoScriptError)]:
            # a server that was started anew knows no scripts: the first run says it the text, so that it knows the rest
            commands: list[Command] = [("EVALSHA", digest, 1, self._prefix, *batches[index]) for index in missing]
            commands[0] = ("EVAL", text, *commands[0][2:])
            for index, answer in zip(missing, await self._send(commands, durable=durable), strict=True):
                answers[index] = answer
        return self._checked(answers)

    async def ask(self, *commands: tuple[Any, ...]) -> list[Any]:
        """Send commands, one after the other; the second word of each is the name of its key, without the prefix."""
        named = [(word, f"{self._prefix}:{key}", *rest) for word, key, *rest in commands]
        return self._checked(await self._send(named))

    async def ask_server(self, *words: Word) -> Any:
        """Send a command that is about the server, not about a key."""
        with self._translated():
            if isinstance(self._client, RedisCluster):
                return await self._client.execute_command(*words, target_nodes=await self._node())
            return await self._client.execute_command(*words)

    async def hear(self, ring: Callable[[], None]) -> None:
        """Ring whenever a script has made jobs ready, until another server has taken over, or the connection breaks.

        Raises:
            StoreError: it broke, or could not be made.
        """
        partings = self._partings
        with self._translated():
            async with self._client.pubsub(ignore_subscribe_messages=True) as listening:
                await listening.subscribe(f"{self._prefix}:bell")
                ring()
                while partings == self._partings:
                    if await listening.get_message(timeout=_LISTEN_S) is not None:
                        ring()

    async def close(self) -> None:
        """Close every connection, also those that are broken."""
        for client in (self._client, *self._sentinels):
            with suppress(StoreAwayError), self._translated():
                await client.aclose()

    async def _send(self, commands: Sequence[Command], *, durable: bool = False) -> list[Any]:
        """Send commands over one connection; errors of the server stand among the answers."""
        waits = durable and self.waits_for_disk
        with self._translated():
            pipeline = self._client.pipeline(transaction=False)
            for command in commands:
                pipeline.execute_command(*command)
            if waits:
                target = {"target_nodes": await self._node()} if isinstance(self._client, RedisCluster) else {}
                pipeline.execute_command("WAITAOF", 1, 0, int(1000 * self._disk_s), **target)
            answers: list[Any] = await pipeline.execute(raise_on_error=False)
            if any(isinstance(answer, _MOVED) for answer in answers):
                await self._part()
        if waits:
            self._acknowledged(answers.pop())
        return answers

    def _acknowledged(self, answer: Any) -> None:
        """Hear what the server says of its disk. Where it has no log of changes any more, what was asked is done."""
        if isinstance(answer, ResponseError):
            self.waits_for_disk, self.in_doubt = False, True
        elif answer[0] < 1:
            raise StoreBusyError(f"{self.shown}: its disk took longer than {self._disk_s:.2g} s: look at its load")

    async def _part(self) -> None:
        """Let all connections go that lead to a server which takes no writes: their name may lead to another by now.

        Those of a cluster find their way by themselves.
        """
        self._partings += 1
        if not isinstance(self._client, RedisCluster):
            await self._client.connection_pool.disconnect(inuse_connections=False)

    async def _node(self) -> Any:
        """The node of a cluster that has the queue."""
        assert isinstance(self._client, RedisCluster)
        await self._client.initialize()
        return self._client.get_node_from_key(self._prefix)

    def _checked(self, answers: list[Any]) -> list[Any]:
        with self._translated():
            for answer in answers:
                if isinstance(answer, Exception):
                    raise answer
        return answers

    @contextmanager
    def _translated(self) -> Iterator[None]:
        cancelled = _cancelled()
        try:
            yield
        except Exception as error:
            if _cancelled() > cancelled:  # the client's own clearing up failed, which hides why it had to
                raise asyncio.CancelledError from error
            if ours := translate(error, self.shown, self._prefix):
                self.in_doubt |= isinstance(ours, StoreGoneError)
                raise ours from error
            raise


def _cancelled() -> int:
    """How often the present task was cancelled."""
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


def _clients(address: Address, answer_s: float) -> list[Any]:
    """The client of the server, and those of its sentinels."""
    patience: dict[str, Any] = {
        "socket_connect_timeout": min(_CONNECT_S, answer_s),
        "socket_timeout": answer_s,
        "socket_keepalive": True,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,  # answers that are the same with every server there is
        **dict(address.tls_files),
    }
    if address.tls:
        patience["ssl"] = True
    options = patience | {
        "username": address.user,
        "password": address.password,
        "health_check_interval": _IDLE_S,
    }
    if address.cluster:
        return [RedisCluster(**options, startup_nodes=[ClusterNode(*node) for node in address.nodes])]
    options["db"] = address.database
    if address.sentinel is None:
        ((host, port),) = address.nodes
        return [Redis(**options, host=host, port=port)]
    asked = patience | {"password": address.sentinel_password}
    sentinels: Any = Sentinel(address.nodes, sentinel_kwargs=asked, **options)  # type: ignore[no-untyped-call]
    return [sentinels.master_for(address.sentinel), *sentinels.sentinels]
