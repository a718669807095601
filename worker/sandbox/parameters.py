"""Checks the path, query, header and cookie parameters of a request against their operation."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from worker.sandbox import styles
from worker.sandbox.faults import Fault, Faults, pointer
from worker.sandbox.operation import Operation, Parameter
from worker.sandbox.received import Received
from worker.sandbox.schemas import Schemas, Shape
from worker.sandbox.values import Raw, candidates


class Parameters:
    """The parameters of one operation.

    Args:
        credentials: names of query parameters that carry a credential and so are known too.
    """

    def __init__(self, operation: Operation, schemas: Schemas, credentials: frozenset[str]) -> None:
        self._schemas = schemas
        self._parameters = [
            (parameter, Shape() if parameter.json else schemas.shape(parameter.schema))
            for parameter in operation.parameters
        ]
        self._known = credentials | frozenset(self._names())
        self._deep = tuple(f"{p.name}[" for p in operation.parameters if p.style == "deepObject")

    def check(self, request: Received, path: Mapping[str, str], faults: Faults) -> None:
        """Note everything that is wrong; ``path`` holds the raw texts of the path's names."""
        try:
            query = styles.query_of(request.query)
        except ValueError as error:
            faults.malformed.append(Fault("#/query", str(error)))
            return
        for name in query:
            if name not in self._known and not name.startswith(self._deep or ("\0",)):
                faults.malformed.append(Fault(pointer("query", [name]), "is no parameter of this operation"))
        for parameter, shape in self._parameters:
            try:
                raw = _raw(parameter, shape, (request, path, query))
                if raw is not None:
                    self._judge(parameter, shape, raw, faults)
                elif parameter.required:
                    faults.malformed.append(Fault(pointer(parameter.where, [parameter.name]), "is required"))
            except ValueError as error:
                faults.malformed.append(Fault(pointer(parameter.where, [parameter.name]), str(error)))

    def _names(self) -> Iterator[str]:
        for parameter, shape in self._parameters:
            if parameter.where == "query":
                yield parameter.name
                if "object" in shape.types and parameter.explode:
                    yield from shape.properties

    def _judge(self, parameter: Parameter, shape: Shape, raw: Raw, faults: Faults) -> None:
        if parameter.schema is None:
            return
        validator = self._schemas.validator(parameter.schema)
        first: Any = None
        for number, value in enumerate(self._readings(parameter, shape, raw)):
            if validator.is_valid(value):
                return
            first = value if number == 0 else first
        faults.judge(validator, first, pointer(parameter.where, [parameter.name])[2:])

    def _readings(self, parameter: Parameter, shape: Shape, raw: Raw) -> Iterator[Any]:
        if parameter.json:
            assert isinstance(raw, str)
            yield orjson.loads(raw)
        else:
            yield from candidates(raw, shape, self._schemas)


def _raw(
    parameter: Parameter, shape: Shape, parts: tuple[Received, Mapping[str, str], Mapping[str, Sequence[str]]]
) -> Raw | None:
    """The parameter's text; None where the request has none."""
    request, path, query = parts
    if parameter.where == "query":
        return styles.in_query(parameter, shape, query)
    source = {"path": path, "header": request.headers, "cookie": request.cookies}[parameter.where]
    text = source.get(parameter.name)
    return None if text is None else styles.elsewhere(parameter, shape, text)
