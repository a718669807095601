"""``[apis.NAME.operations.OPERATION.probe]``: the operation that tells whether a request arrived."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from worker.settings import kinds, web
from worker.settings.about import setting

_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_FROM_JOB: Final = re.compile(r"id|key|(?:body|params)\.[^\s.]+(?:\.[^\s.]+)*")


@dataclass(frozen=True)
class Params:
    """Flat parameters, with places of the job in braces."""

    def read(self, raw: object, _folder: Path, /) -> dict[str, Any]:
        """The table as it is."""
        if not isinstance(raw, dict):
            raise kinds.wrong_type(raw, 'write a table such as { id = "{body.order_id}" }')
        for name, value in raw.items():
            for inside in _BRACES.findall(value) if isinstance(value, str) else ():
                if not _FROM_JOB.fullmatch(inside):
                    raise ValueError(
                        f"has {{{inside}}} in {name}, which no job has: write {{id}}, {{body.x}} or {{params.x}}"
                    )
        return raw

    def __str__(self) -> str:
        return "a table; {id}, {key}, {body.x} and {params.x} in it are the job's"


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """``[apis.NAME.operations.OPERATION.probe]``: asked before a request that may have arrived is sent again or parked.

    Attributes:
        operation: its name; a GET or HEAD of the same API.
        params: of its request; ``{id}``, ``{body.x}`` and ``{params.x}`` in texts stand for the job's own.
        found: statuses that mean that the request arrived.
        missing: statuses that mean that it did not.
    """

    operation: str = setting(web.OPERATION_NAME, "a GET or HEAD that tells whether the request arrived")
    params: Mapping[str, Any] = setting(Params(), "by which it finds what the job was to do")
    found: tuple[int, ...] = setting(web.Statuses(), "it arrived: the job is delivered", (200,))
    missing: tuple[int, ...] = setting(web.Statuses(), "it did not: the job is sent again", (404,))
