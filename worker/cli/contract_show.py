"""What ``preflight contract show`` prints of an operation: all that it takes, as trees, and a job that is valid."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from worker.contract.example import example
from worker.contract.found import Found
from worker.contract.outline import outline, summary

if TYPE_CHECKING:
    from worker.contract.contract import Contract
    from worker.contract.operation import Body, Content, Encoding, Operation, Parameter

_FILES: Final = 'a file is written {"$file": "its path"} or {"$base64": "its bytes"}'


def lines(operation: "Operation", contract: "Contract", width: int) -> Iterator[str]:
    """What the operation asks for, its parameters, and its body as each media type; descriptions are cut to fit."""
    yield from _about(operation)
    if operation.parameters:
        yield "params:"
    for one in operation.parameters:
        yield from (f"  {line}" for line in _parameter_lines(one, contract, width - 2))
    if operation.body is not None:
        for content in operation.body.contents:
            yield from _body_lines(operation.body, content, contract, width)


def parts_json(operation: "Operation", contract: "Contract") -> dict[str, Any]:
    """``params`` and ``body`` of the operation; the body's other media types stand beside the first."""
    body = operation.body
    contents = [_content_json(body, content, contract) for content in body.contents] if body else []
    return {
        "params": [_parameter_json(one, contract) for one in operation.parameters],
        "body": {"required": body.required, **contents[0], "others": contents[1:]} if body else None,
        "security": [[str(scheme) for scheme in together] for together in operation.security],
        "deprecated": operation.deprecated,
    }


def job(api: str, operation: str, contract: "Contract") -> dict[str, Any] | None:
    """A job that is valid; None where none was found."""
    content = example(contract, operation)
    if content is None:
        return None
    named = {"api": api, "operation": operation} if api else {"operation": operation}
    return named | {part: value for part, value in content.items() if part == "body" or value}


def _about(operation: "Operation") -> Iterator[str]:
    if operation.summary:
        yield operation.summary
    if operation.deprecated:
        yield "deprecated: it still works, but use something else for what is new"
    if operation.unusable:
        yield f"cannot be used: {operation.unusable}"
    if operation.security:
        yield f"credential: {', or '.join(' and '.join(map(str, together)) for together in operation.security)}"
    yield f"success: {', '.join(map(str, sorted(operation.success))) or 'any 2xx'}"


def _parameter_lines(parameter: "Parameter", contract: "Contract", width: int) -> list[str]:
    words = {"description": parameter.description, "deprecated": parameter.deprecated}
    schema = parameter.schema if isinstance(parameter.schema, dict) else {}
    told = schema | {key: value for key, value in words.items() if value}
    lookup = contract.schemas.lookup
    return outline(told, lookup, parameter.flat, required=parameter.required, note=parameter.place, width=width)


def _body_lines(body: "Body", content: "Content", contract: "Contract", width: int) -> Iterator[str]:
    lookup = contract.schemas.lookup
    yield from outline(content.schema, lookup, required=body.required, note=content.media_type, width=width)
    for name, encoding in content.encodings.items():
        yield f"  {name} is sent as {_encoded(encoding)}"
    if content.kind in {"multipart", "binary"}:
        yield f"  {_FILES}"


def _encoded(encoding: "Encoding") -> str:
    style = f"style {encoding.style}{', exploded' if encoding.explode else ''}" if encoding.style else ""
    return " and ".join(filter(None, (encoding.content_type, style))) or "its type says"


def _parameter_json(parameter: "Parameter", contract: "Contract") -> dict[str, Any]:
    found = Found(parameter.schema, "").followed(contract.schemas.lookup)
    return {
        "name": parameter.flat,
        "in": parameter.place,
        "required": parameter.required,
        "type": summary(found.schema if found else {}),
        "description": parameter.description,
    }


def _content_json(body: "Body", content: "Content", contract: "Contract") -> dict[str, Any]:
    tree = outline(content.schema, contract.schemas.lookup, required=body.required)
    return {"type": content.media_type, "outline": tree}
