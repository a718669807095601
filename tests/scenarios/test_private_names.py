"""A host's name that leads into a private network: a person has to say that it may; no job is charged for it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.conftest import Api, Shell

Orders = Callable[..., list[dict[str, Any]]]
OpenShop = Callable[..., "Api"]


def test_jobs_wait_until_a_private_name_is_allowed(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """The run says which name, which address, and what to write; with that, the same jobs are delivered at once."""
    shop = open_shop()
    by_name = shop.url.replace("127.0.0.1", "localhost")
    shell.configure(by_name)
    shell.write("orders.jsonl", orders(3))
    shell("submit", "orders.jsonl")
    refused = shell("run", "--until-empty", "--json")
    waiting = shell.states
    shell.configure(by_name, api="allow_private = true\n")
    allowed = shell("run", "--until-empty", "--json")
    assert refused.code == 3
    assert "localhost is at " in refused.err
    assert "a loopback address" in refused.err
    assert "allow_private = true" in refused.err
    assert waiting == {"ready": 3}
    assert (allowed.code, allowed.json["attempts"], shell.states) == (0, 3, {"delivered": 3})
