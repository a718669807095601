"""An Endpoint: one operation, ready for use. Checks a job's content and writes its request."""

from collections.abc import Mapping
from typing import Any, Final

from worker.contract import document, writing
from worker.contract.explain import explain, suggest
from worker.contract.files import Files
from worker.contract.operation import Content, Operation, content_schema
from worker.contract.schema import Schemas, Validator
from worker.contract.serialise import Serialiser
from worker.job import UNSET
from worker.outcome import Cause, Fault

_NO_FILES: Final = Files()
#: To a server a body of no bytes is no body.
_NO_BYTES: Final = Fault(
    "#/body", "body", "required", "nothing would be sent of it, and a body is needed", "send something", Cause.MISSING
)


class Endpoint:
    """An operation, compiled for every content that its body may be sent as.

    Attributes:
        files: those that its jobs may send.
        deprecated: what of it should not be used any more: parameters, and ``""`` for the operation itself.

    Raises:
        ContractError: a schema is not legal.
    """

    def __init__(self, operation: Operation, schemas: Schemas, files: Files = _NO_FILES) -> None:
        self.operation = operation
        self.files = files
        self.deprecated = frozenset(one.flat for one in operation.parameters if one.deprecated)
        self.deprecated |= {""} if operation.deprecated else frozenset()
        self.serialiser = Serialiser(operation)
        self._schemas = schemas
        self._preferred = operation.body.contents[0] if operation.body else None
        self._plain = operation.body is None or all(one.kind == "json" for one in operation.body.contents)
        self._validator = schemas.compile(content_schema(operation, self._preferred))
        others = operation.body.contents[1:] if operation.body else ()
        self._others = {one.media_type: schemas.compile(content_schema(operation, one)) for one in others}

    def resolve(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Params with every alias (``query.limit``) replaced by its plain name; unknown names are left as they are."""
        if params.keys() <= self.operation.by_flat.keys():
            return params
        return {self.operation.aliases.get(name, name): value for name, value in params.items()}

    def content(self, media_type: str | None) -> Content | None:
        """What the body is written as: what a job's ``Content-Type`` asks for, or the contract's first; else None."""
        if media_type is None or self.operation.body is None:
            return self._preferred
        return self.operation.body.content(media_type)

    def faults(
        self, params: Mapping[str, Any], body: Any, content: Content | None = None, asked: str | None = None
    ) -> list[Fault]:
        """Everything that is wrong with a job's content; empty where the API will accept it.

        Args:
            params: resolved.
            body: a JSON value, or ``UNSET``.
            content: what the body is written as, of this operation's; None for the preferred.
            asked: the job's own ``Content-Type``, if it has one.
        """
        content = content or self._preferred
        unclear = content is not None and body is not UNSET and (asked is not None or not self._plain)
        if unclear and content is not None and writing.kind_sent(content, asked) != "json":
            return self._faults_of_writing(params, body, content, asked)
        if asked is not None and (fault := writing.charset_fault(asked)) is not None:
            return [fault]
        whole = {"params": params} if body is UNSET else {"params": params, "body": body}
        validator = self.validator(content)
        found: list[Fault] = []
        if not validator.is_valid(whole):
            found = explain(validator.errors(whole), self.operation, self._schemas.lookup)
        return found or self.serialiser.faults(params)

    def _faults_of_writing(
        self, params: Mapping[str, Any], body: Any, content: Content, asked: str | None
    ) -> list[Fault]:
        """``faults`` of a body that is not sent as the JSON value that its schema describes."""
        looked_at = writing.seen(content, body, asked)
        whole = {"params": params, "body": looked_at.body}
        files = {("body", *path) for path in looked_at.files}
        validator = self.validator(content)
        found: list[Fault] = []
        if not validator.is_valid(whole):
            errors = (
                one
                for one in validator.errors(whole)
                if one.kind.name == "type" or tuple(one.instance_path) not in files
            )
            found = explain(errors, self.operation, self._schemas.lookup)
        told = {fault.pointer for fault in found}
        found += (one for one in writing.faults(content, body, self.files, asked) if one.pointer not in told)
        if not found and self.operation.body and self.operation.body.required and body in ("", {}):
            found = [_NO_BYTES] if content.kind != "multipart" else []
        return found or self.serialiser.faults(params)

    def validator(self, content: Content | None = None) -> Validator:
        """What checks ``{"params": ..., "body": ...}`` with a content of this operation's; None for the preferred."""
        return self._others.get(content.media_type, self._validator) if content is not None else self._validator

    def unsendable(
        self, params: Mapping[str, Any], body: Any = UNSET, content: Content | None = None, asked: str | None = None
    ) -> list[Fault]:
        """What keeps a request from being written at all, whatever the schemas say; arguments as for ``faults``."""
        known = self.operation.by_flat
        found = [
            Fault(
                f"#{document.pointer('params', name)}",
                "job",
                "unknown",
                f"no parameter {name!r}",
                suggest(name, list(known)),
            )
            for name in params
            if name not in known
        ]
        found += [
            Fault(f"#{document.pointer('params', one.flat)}", "path", "required", f"{one.flat!r} is missing", None)
            for one in self.operation.parameters
            if one.place == "path" and one.flat not in params
        ]
        if content is not None and body is not UNSET:
            found += writing.faults(content, body, self.files, asked)
        return found or self.serialiser.faults(params)
