"""A strict practice API for any contract, which misbehaves on request.

It judges requests by a way of its own, jsonschema-rs over the whole document, and imports nothing of the worker's but
errors, the clock and shipped files: so it is a witness of what the worker sends, not its accomplice.

::

    sandbox = Sandbox(Contract.read(Path("shop.openapi.yaml")))
    running = await serve(sandbox)
    ...                     # talk to running.url; GET {running.url}/__sandbox__/counts
    await running.close()
"""

from worker.sandbox.behaviour import Behaviour
from worker.sandbox.contract import Contract
from worker.sandbox.declared import Declared
from worker.sandbox.sandbox import Sandbox
from worker.sandbox.server import Running, serve

__all__ = ["Behaviour", "Contract", "Declared", "Running", "Sandbox", "serve"]
