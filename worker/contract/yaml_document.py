"""Decodes YAML as JSON sees it: the core schema of YAML 1.2, no dates, and no document that grows out of its aliases.

PyYAML speaks YAML 1.1, in which ``12:30`` is the number 750, ``010`` is 8, ``off`` is false and ``=`` is an error.
Contracts are written by people who mean text by all four.
"""

import math
import re
from collections.abc import Iterator
from typing import Any, Final

import orjson
import yaml

_BaseLoader: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: Characters that a small document may grow to by its aliases, and how many times as large a large one may become. A
#: few lines can ask for terabytes ("billion laughs"); honest contracts repeat a schema here and there.
_MAX_GROWN: Final = 1024 * 1024
_MAX_GROWTH: Final = 10
_MAX_DEPTH: Final = 200  # levels; JSON encoders stop at 254, and no contract comes near

_SHOWN: Final = 40  # characters of a number in a message
_INTEGER: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN"
)
_64_BITS: Final = range(-(2**63), 2**64)


class _Loader(_BaseLoader):  # type: ignore[misc]
    """The core schema of YAML 1.2, and ``<<``."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - as PyYAML calls it
        """The members of a mapping; YAML 1.2 calls it an error when one stands twice."""
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.value != "<<"]
        if len(set(names)) < len(names):
            name = next(name for at, name in enumerate(names) if name in names[:at])
            line = next(key.start_mark.line for key, _ in reversed(node.value) if key.value == name) + 1
            raise ValueError(f"broken YAML: {name!r} stands twice in one object (line {line}); keep one of them")
        return super().construct_mapping(node, deep=deep)


def _integer(_: Any, node: Any) -> int | float:
    text = node.value
    try:
        number = int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
        return number if number in _64_BITS else float(number)  # as a JSON decoder does
    except (ValueError, OverflowError):  # Python reads no more than 4,300 digits
        raise _no_json(node) from None


def _float(_: Any, node: Any) -> float:
    text = node.value.lower()
    number = float("nan" if text == ".nan" else text.replace(".inf", "inf"))
    if not math.isfinite(number):
        raise _no_json(node)
    return number


def _no_json(node: Any) -> ValueError:
    shown = node.value if len(node.value) <= _SHOWN else f"{node.value[:_SHOWN]}..."
    return ValueError(f"holds {shown} (line {node.start_mark.line + 1}), which JSON has not")


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(true|True|TRUE|false|False|FALSE)\Z"), "tTfF")
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(~|null|Null|NULL|)\Z"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(rf"({_INTEGER.pattern})\Z"), "-+0123456789")
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(rf"({_FLOAT.pattern})\Z"), "-+0123456789.")
_Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"<<\Z"), "<")
_Loader.add_constructor("tag:yaml.org,2002:int", _integer)
_Loader.add_constructor("tag:yaml.org,2002:float", _float)


def decode(data: bytes) -> Any:
    """The JSON value that a YAML document stands for; keys become text.

    Raises:
        yaml.YAMLError: the text is no YAML.
        ValueError: it stands for something that is no JSON, or that is much larger than the document.
    """
    _refuse_depth(data)
    loader = _Loader(data)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _refuse_growth(node, max(_MAX_GROWN, _MAX_GROWTH * len(data)))
        value = _constructed(loader, node)
    finally:
        loader.dispose()
    try:
        return orjson.loads(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS))
    except orjson.JSONEncodeError as error:
        raise ValueError(f"holds a value that JSON has not: {error}") from error


def _constructed(loader: Any, node: Any) -> Any:
    try:
        return loader.construct_document(node)
    except (KeyError, TypeError, AttributeError) as error:  # what PyYAML says of `!!bool abc` and `!!int [1]`
        raise ValueError("broken YAML: a tag (!!...) stands before a value of another kind; leave it out") from error


def _refuse_depth(data: bytes) -> None:
    """The parser's events come one by one; its trees are built by recursion in C, which ends the process."""
    depth = 0
    for event in yaml.parse(data, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _MAX_DEPTH:
                raise ValueError(f"nested deeper than {_MAX_DEPTH} levels, which no contract is; is it the right file?")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _refuse_growth(root: Any, most: int) -> None:
    """Count what the document grows to when every alias is replaced, each node once, without building any of it."""
    sizes: dict[int, int | None] = {}  # None while what is inside is being counted
    waiting: list[tuple[Any, bool]] = [(root, False)]
    while waiting:
        node, counted = waiting.pop()
        if counted:
            sizes[id(node)] = total = 1 + sum(_known(sizes, inner) for inner in _inside(node))
            if total > most:
                raise ValueError("its aliases repeat so much that it would not fit into memory; write it out once")
        elif isinstance(node, yaml.ScalarNode):
            sizes[id(node)] = 1 + len(node.value)
        elif id(node) not in sizes:
            sizes[id(node)] = None
            waiting.append((node, True))
            waiting.extend((inner, False) for inner in _inside(node))


def _known(sizes: dict[int, int | None], node: Any) -> int:
    size = sizes[id(node)]
    if size is None:
        raise ValueError(f"an alias on line {node.start_mark.line + 1} holds itself; use $ref for recursion")
    return size


def _inside(node: Any) -> Iterator[Any]:
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
    else:
        yield from node.value
