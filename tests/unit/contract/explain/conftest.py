"""An operation with two parameters and a body of any schema, and what is wrong with a job for it."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from worker.contract.endpoint import Endpoint
from worker.contract.operation import Body, Content, Operation, Parameter, ParameterPlace
from worker.contract.schema import Dialect, Schemas
from worker.outcome import Fault

FindFaults = Callable[..., list[Fault]]
FindFault = Callable[..., Fault]

_PLACES: Final[dict[str, ParameterPlace]] = {"limit": "query", "X-Trace": "header"}
_PARAMETERS: Final = tuple(
    Parameter(name, place, name, required=name == "limit", schema={"type": "integer"}, style="form", explode=True)
    for name, place in _PLACES.items()
)


@pytest.fixture
def find_faults() -> FindFaults:
    """What is wrong with a body by a schema, and with params; ``more`` are further parts of the schema's document."""

    def find(schema: Any, body: Any, params: Any = None, dialect: Dialect = "2020-12", **more: Any) -> list[Fault]:
        operation = Operation(
            "op",
            "POST",
            "/",
            _PARAMETERS,
            Body(required=True, contents=(Content("application/json", {"$ref": "urn:t#/it"}),)),
        )
        endpoint = Endpoint(operation, Schemas({"urn:t": {"it": schema, **more}}, dialect))
        return endpoint.faults({"limit": 1} if params is None else params, body)

    return find


@pytest.fixture
def find_fault(find_faults: FindFaults) -> FindFault:
    """The only thing that is wrong."""

    def find(*given: Any, **more: Any) -> Fault:
        (fault,) = find_faults(*given, **more)
        return fault

    return find
