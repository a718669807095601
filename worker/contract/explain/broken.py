"""A keyword that a value breaks, and the words for it."""

from typing import Any, NamedTuple

import jsonschema_rs

from worker.contract.explain.surroundings import Lookup, Node, holder
from worker.contract.shown import show


class Words(NamedTuple):
    """What is wrong, and what to do, if there is more to say."""

    detail: str
    hint: str | None = None


class Broken(NamedTuple):
    """A keyword that a value breaks.

    Attributes:
        secret: the value must not be shown.
    """

    error: jsonschema_rs.ValidationError
    secret: bool
    lookup: Lookup

    @property
    def value(self) -> Any:
        """What breaks it."""
        return self.error.instance

    @property
    def shown(self) -> str:
        """What breaks it, as a person may see it."""
        return show(self.error.instance, secret=self.secret)

    @property
    def holder(self) -> Node | None:
        """The schema that holds the keyword."""
        return holder(self.error, self.lookup)

    def beside(self, keyword: str) -> Any:
        """What the schema says with another keyword."""
        found = self.holder
        return found.schema.get(keyword) if found else None
