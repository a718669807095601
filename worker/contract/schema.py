"""The Validator seam: JSON Schemas compiled once, by whichever engine is right for them.

jsonschema-rs is right on the whole official suite and has the last word; every schema is compiled by it. fastjsonschema
goes first where the schema is inside its proven subset (``subset.py``): what it passes is passed, and what it refuses
is explained, or pardoned, by jsonschema-rs. Its code is made when a first value is checked: of a large contract's
operations most are never used.
"""

import re
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from types import CodeType
from typing import Any, Final, Literal

import fastjsonschema
import jsonschema_rs
import orjson

from worker.contract import depth, subset
from worker.contract.assertions import checks
from worker.contract.cache import CodeCache
from worker.contract.document import resolve, trail
from worker.contract.ecma import rewritten
from worker.contract.operation import JsonSchema
from worker.errors import ContractError

Engine = Literal["auto", "fastjsonschema", "jsonschema-rs"]
Dialect = Literal["draft4", "draft6", "draft7", "2019-09", "2020-12"]
Quick = Callable[[Any], Any]

_RS: Final[Mapping[Dialect, type[jsonschema_rs.Validator]]] = {
    "draft4": jsonschema_rs.Draft4Validator,
    "draft6": jsonschema_rs.Draft6Validator,
    "draft7": jsonschema_rs.Draft7Validator,
    "2019-09": jsonschema_rs.Draft201909Validator,
    "2020-12": jsonschema_rs.Draft202012Validator,
}
_URIS: Final[Mapping[str, Dialect]] = {
    "http://json-schema.org/draft-04/schema": "draft4",
    "http://json-schema.org/draft-06/schema": "draft6",
    "http://json-schema.org/draft-07/schema": "draft7",
    "https://json-schema.org/draft/2019-09/schema": "2019-09",
    "https://json-schema.org/draft/2020-12/schema": "2020-12",
}
_DRAFT4_URI: Final = "http://json-schema.org/draft-04/schema#"
_DRAFT7_URI: Final = "http://json-schema.org/draft-07/schema#"

#: Steps a pattern may take in the engine that can look around; patterns without look-around run in linear time.
_BACKTRACK_LIMIT: Final = 20_000
_ABSENT: Final = re.compile(r"Resource '(.*)' is not present in a registry", re.DOTALL)


def dialect_of(schema: Any, otherwise: Dialect = "2020-12") -> Dialect:
    """The dialect that a schema declares with ``$schema``.

    Raises:
        ContractError: the dialect is none of Draft 4, 6, 7, 2019-09 and 2020-12.
    """
    declared = schema.get("$schema") if isinstance(schema, Mapping) else None
    if declared is None:
        return otherwise
    dialect = _URIS.get(str(declared).rstrip("#"))
    if dialect is None:
        raise ContractError(f"$schema {declared!r} is not supported; use one of {', '.join(_URIS)}")
    return dialect


class Validator:
    """A compiled schema.

    Args:
        strict: has the last word.
        make_quick: makes what goes first, once; None where nothing does.
    """

    def __init__(self, strict: jsonschema_rs.Validator, make_quick: Callable[[], Quick | None]) -> None:
        self._strict = strict
        self._make_quick = make_quick

    @property
    def engine(self) -> Engine:
        """Which engine decides first."""
        return "jsonschema-rs" if self._quick is None else "fastjsonschema"

    def is_valid(self, instance: Any) -> bool:
        """Whether a decoded JSON value satisfies the schema; the value is never changed.

        What no JSON text can hold (a lone surrogate, a set) is not valid wherever the schema looks at it.
        """
        quick = self._quick
        try:
            if quick is not None:
                quick(instance)
                return True
        except (fastjsonschema.JsonSchemaValueException, RecursionError):
            pass
        try:
            return self._strict.is_valid(instance)
        except ValueError:
            return False

    def errors(self, instance: Any) -> list[jsonschema_rs.ValidationError]:
        """Everything wrong with the value, in the order of the schema; empty exactly when ``is_valid``."""
        try:
            return depth.errors(self._strict, instance)
        except ValueError as error:
            return [_no_json(error)]

    @cached_property
    def _quick(self) -> Quick | None:
        return self._make_quick()


class Schemas:
    """A closed set of documents, and the validators compiled against it. No reference leaves the set.

    Args:
        documents: by absolute URI; each keeps its own dialect.
        dialect: of documents that declare none.
        engine: ``auto`` takes fastjsonschema where it is proven; ``fastjsonschema`` refuses to compile anything else.
        cache: keeps generated code; None keeps nothing.
        formats: hold values to their ``format``, as the APIs do; the newer dialects leave that to a setting.
    """

    def __init__(
        self,
        documents: Mapping[str, Any],
        dialect: Dialect = "2020-12",
        engine: Engine = "auto",
        cache: CodeCache | None = None,
        *,
        formats: bool = True,
    ) -> None:
        self._documents = documents
        self._dialects = {uri: dialect_of(document, dialect) for uri, document in documents.items()}
        self._default = dialect
        self._engine = engine
        self._cache = cache or CodeCache(None)
        self._formats = formats
        self._checks = checks({dialect, *self._dialects.values()}, list(documents.values()))
        self._registry = _registry(documents, dialect)

    def compile(self, schema: JsonSchema) -> Validator:
        """Compile a schema whose references are absolute, into the set.

        Raises:
            ContractError: the schema is no legal schema, or refers to something outside of the set.
        """
        strict = self._compile_strict(schema)
        if self._engine != "fastjsonschema":
            return Validator(strict, partial(self._compile_quick, schema))
        quick = self._compile_quick(schema)  # whoever asks for it by name is told now what it cannot do
        return Validator(strict, lambda: quick)

    def lookup(self, reference: str) -> Any:
        """What an absolute reference into the set points to.

        Raises:
            ContractError: it points to nothing.
        """
        uri, _, pointer = reference.partition("#")
        if uri not in self._documents:
            raise ContractError(f"$ref {reference!r} leaves the contract; only files beside it are read")
        return resolve(self._documents[uri], f"#{pointer}")

    def _compile_strict(self, schema: JsonSchema) -> jsonschema_rs.Validator:
        try:
            return self._strict(schema, self._registry, jsonschema_rs.RegexOptions())
        except jsonschema_rs.ValidationError as error:
            if error.kind.name != "format" and "regex" not in error.message:
                raise _illegal(error) from error
        except (jsonschema_rs.ReferencingError, ValueError) as error:
            raise _illegal(error) from error
        looking = jsonschema_rs.FancyRegexOptions(backtrack_limit=_BACKTRACK_LIMIT)  # needed rarely
        try:
            return self._strict(rewritten(schema), self._looking, looking)
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            raise _illegal(error) from error

    @cached_property
    def _looking(self) -> jsonschema_rs.Registry:
        """The documents with patterns that mean the same to the engine that can look around."""
        return _registry({uri: rewritten(one) for uri, one in self._documents.items()}, self._default)

    def _strict(
        self,
        schema: JsonSchema,
        registry: jsonschema_rs.Registry,
        patterns: jsonschema_rs.RegexOptions | jsonschema_rs.FancyRegexOptions,
    ) -> jsonschema_rs.Validator:
        return _RS[self._default](
            dict(schema) if isinstance(schema, Mapping) else schema,
            registry=registry,
            validate_formats=self._formats,
            formats=self._checks | checks([self._default], schema),
            offline=True,
            pattern_options=patterns,
        )

    def _compile_quick(self, schema: JsonSchema) -> Quick | None:
        if self._engine == "jsonschema-rs":
            return None
        dialects: set[Dialect] = set()

        def lookup(reference: str) -> Any:
            dialects.add(self._dialects.get(reference.partition("#")[0], self._default))
            if len(dialects) > 1:
                raise subset.OutsideError("several dialects")
            return self._plain(reference)

        try:
            bundled = subset.bundle(schema, lookup)
            bundled["$schema"] = _DRAFT4_URI if "draft4" in dialects or self._default == "draft4" else _DRAFT7_URI
            return _generate(bundled, self._cache)
        except (subset.OutsideError, RecursionError) as outside:
            if self._engine == "auto":
                return None
            raise ContractError(
                f'engine = "fastjsonschema" cannot check this schema ({outside}); use engine = "auto"'
            ) from outside

    def _plain(self, reference: str) -> Any:
        """What a reference points to, where nothing on the way gives it another base or another meaning."""
        uri, _, pointer = reference.partition("#")
        try:
            *above, target = trail(self._documents[uri], f"#{pointer}")
        except (KeyError, ContractError):
            raise subset.OutsideError(f"the reference {reference}") from None
        if any(isinstance(one, Mapping) and _is_renamed(one) for one in above):
            raise subset.OutsideError("a reference into a schema with an id")
        return target


def _registry(documents: Mapping[str, Any], dialect: Dialect) -> jsonschema_rs.Registry:
    try:
        return jsonschema_rs.Registry([(uri, _declaring(one, dialect)) for uri, one in documents.items()])
    except (jsonschema_rs.ReferencingError, ValueError) as error:
        raise ContractError(f"a schema document cannot be used: {error}") from error


def _declaring(document: Any, dialect: Dialect) -> Any:
    """A document that says its dialect: what it does not say, the engine would take for the newest."""
    if not isinstance(document, Mapping) or "$schema" in document:
        return document
    return {"$schema": next(uri for uri, one in _URIS.items() if one == dialect), **document}


def _is_renamed(schema: Mapping[str, Any]) -> bool:
    return isinstance(schema.get("$id", schema.get("id")), str)


def _generate(schema: dict[str, Any], cache: CodeCache) -> Quick:

    def make() -> str:
        source: str = fastjsonschema.compile_to_code(
            schema, use_default=False, use_formats=False, detailed_exceptions=False
        )
        return source

    try:
        text = orjson.dumps(schema).decode()
        source = cache.get(f"fastjsonschema {fastjsonschema.VERSION}\n{text}", make)
        return _load(compile(source, "<compiled schema>", "exec"))
    except fastjsonschema.JsonSchemaDefinitionException as error:  # it has opinions beyond the standard's
        raise subset.OutsideError(str(error)) from error
    except (SyntaxError, RecursionError, MemoryError, orjson.JSONEncodeError) as error:  # 20 blocks are Python's limit
        raise subset.OutsideError("nested too deeply") from error


def _load(code: CodeType) -> Quick:
    namespace: dict[str, Any] = {}
    exec(code, namespace)  # noqa: S102 - source that fastjsonschema made for us, of a schema with plain names only
    validate: Quick = namespace["validate"]
    return validate


def _no_json(error: ValueError) -> jsonschema_rs.ValidationError:
    message = f"holds what no JSON text can: {error}"
    kind = jsonschema_rs.ValidationErrorKind.Custom("json", message)  # type: ignore[call-arg]  # its stub has none
    return jsonschema_rs.ValidationError(message, message, [], [], [], kind, None)


def _illegal(error: Exception) -> ContractError:
    if (absent := _ABSENT.search(str(error))) is not None:
        return ContractError(f"$ref {absent[1]!r} leaves the contract; only files beside it are read")
    if isinstance(error, jsonschema_rs.ValidationError):
        where = "/".join(map(str, error.instance_path))
        return ContractError(f"not a legal JSON Schema at {where or 'its root'}: {error.message}")
    return ContractError(f"not a legal JSON Schema: {error}")
