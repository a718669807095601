"""Whatever a schema asks for and whatever a job holds: a refusal can be explained, and only a refusal is."""

from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from worker.contract.explain import explain
from worker.contract.operation import Operation
from worker.contract.schema import Schemas

_NAMES: Final = ["kind", "id", "a", "password", "then", "x\u202ey", ""]
_NAME: Final = st.sampled_from(_NAMES)
_SCALARS: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["", "cat", "dog", "12", "true", "[1]", "2026-13-01", "\x1b[31m", "x" * 200, "Bearer hunter2hunter2"]
    ),
)
_VALUES: Final = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAME, inner, max_size=4), max_leaves=10
)
_OBJECTS: Final = st.dictionaries(_NAME, _VALUES, max_size=4)
_ONE: Final = st.sampled_from([{"$ref": f"urn:t#/{name}"} for name in ("one", "two")])


def _schema(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    many, names = st.lists(inner, min_size=1, max_size=3), st.lists(_NAME, min_size=1, max_size=2, unique=True)
    keywords: dict[str, st.SearchStrategy[Any]] = {
        "type": st.sampled_from(["string", "number", "integer", "boolean", "null", "object", "array"]),
        "properties": st.dictionaries(_NAME, inner, max_size=3),
        "required": names,
        "dependentRequired": st.dictionaries(_NAME, names, max_size=2),
        "dependentSchemas": st.dictionaries(_NAME, inner, max_size=2),
        "enum": st.lists(_VALUES, min_size=1, max_size=3),
        "const": _VALUES,
        "pattern": st.sampled_from(["^a$", "^[a-z]+$"]),
        "format": st.sampled_from(["date", "email", "uuid", "made-up"]),
        "prefixItems": many,
        "multipleOf": st.sampled_from([2, 0.01]),
        "uniqueItems": st.booleans(),
        "discriminator": st.fixed_dictionaries(
            {"propertyName": _NAME},
            optional={"mapping": st.dictionaries(_NAME, st.sampled_from(["one", "urn:t#/two", 5]))},
        )
        | _SCALARS,
        "readOnly": st.booleans(),
        "description": _SCALARS,
        "example": _VALUES,
        **dict.fromkeys(
            ("additionalProperties", "unevaluatedProperties", "unevaluatedItems", "items"), inner | st.booleans()
        ),
        **dict.fromkeys(("not", "if", "then", "else", "contains", "propertyNames"), inner),
        **dict.fromkeys(("allOf", "anyOf", "oneOf"), many),
        **dict.fromkeys(
            ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "minContains"), st.integers(0, 3)
        ),
        **dict.fromkeys(("minimum", "exclusiveMaximum"), st.integers(-2, 2)),
    }
    return st.lists(st.sampled_from(sorted(keywords)), max_size=5, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({name: keywords[name] for name in chosen})
    )


_SCHEMAS: Final = st.recursive(st.just({}) | _ONE, _schema, max_leaves=8)
_UNIONS: Final = st.fixed_dictionaries(
    {"oneOf": st.lists(_ONE | _SCHEMAS, min_size=2, max_size=3)},
    optional={"discriminator": st.just({"propertyName": "kind", "mapping": {"cat": "urn:t#/one", "dog": "two"}})},
)


@settings(max_examples=400, deadline=None)
@given(whole=_UNIONS | _SCHEMAS, parts=st.tuples(_schema(st.just({})), _schema(st.just({}))), body=_OBJECTS | _VALUES)
def test_whatever_is_refused_is_explained(whole: Any, parts: tuple[Any, Any], body: Any) -> None:
    """On lines that can be printed, at places of the job, without a secret; and nothing else is."""
    schemas = Schemas({"urn:t": {"it": whole, "one": parts[0], "two": parts[1]}}, "2020-12", "jsonschema-rs")
    validator = schemas.compile({"properties": {"body": {"$ref": "urn:t#/it"}}})

    found = explain(validator.errors({"body": body}), Operation("op", "POST", "/"), schemas.lookup)

    assert bool(found) is not validator.is_valid({"body": body})
    for fault in found:
        assert fault.pointer.startswith("#/body")
        assert fault.detail.isprintable()
        assert (fault.hint or "").isprintable()
        assert len(fault.detail) + len(fault.hint or "") < 1000
        assert "hunter2" not in f"{fault.detail}{fault.hint}"
