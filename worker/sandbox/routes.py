"""Finds the operation for a method and a path: a trie of path segments, concrete before templated."""

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from urllib.parse import unquote

from worker.sandbox.operation import Operation

#: The method of an operation that answers to all that its path has no operation of its own for.
ANY_METHOD: Final = "*"

_NAME: Final = re.compile(r"\{([^{}]*)\}")


class Found(NamedTuple):
    """An operation and the raw (still percent-encoded) text of each name in its path template.

    Attributes:
        others: operations that are the same to a caller, as far as method and path go.
    """

    operation: Operation
    path: dict[str, str]
    others: "tuple[Found, ...]" = ()


class WrongMethod(NamedTuple):
    """There is such a path, but not with this method; ``allowed`` are the methods it has, sorted."""

    allowed: tuple[str, ...]


@dataclass(slots=True)
class _Node:
    literal: dict[str, "_Node"] = field(default_factory=dict)
    mixed: list[tuple[re.Pattern[str], "_Node"]] = field(default_factory=list)
    any: "_Node | None" = None
    methods: dict[str, list[Operation]] = field(default_factory=dict)


def names(path: str) -> tuple[str, ...]:
    """The names in a path template, in their order."""
    return tuple(_NAME.findall(sent(path)))


def sent(path: str) -> str:
    """The path of a template. Some documents tell operations apart by a query, or a fragment, which is never sent."""
    return path.partition("#")[0].partition("?")[0]


class Routes:
    """Every operation of a contract, by method and path."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, operation: Operation) -> None:
        """Take an operation in."""
        node = self._root
        for segment in sent(operation.path).split("/")[1:]:
            node = _grow(node, segment)
        node.methods.setdefault(operation.method, []).append(operation)

    def find(self, method: str, path: str) -> Found | WrongMethod | None:
        """The operation for a request's method and raw path; None where no path fits."""
        match = _descend(self._root, path.split("/")[1:], 0)
        if match is None:
            return None
        node, texts = match
        operations = node.methods.get(method) or node.methods.get(ANY_METHOD)
        if operations is None:
            return WrongMethod(tuple(sorted(node.methods)))
        first, *others = (Found(each, dict(zip(each.names, texts, strict=True))) for each in operations)
        return first._replace(others=tuple(others)) if others else first


def _grow(node: _Node, segment: str) -> _Node:
    if not _NAME.search(segment):
        return node.literal.setdefault(unquote(segment), _Node())
    if _NAME.fullmatch(segment):
        if node.any is None:
            node.any = _Node()
        return node.any
    pieces = _NAME.split(segment)  # text, name, text, name, ..., text
    pattern = re.compile("(.+)".join("".join(map(_either, piece)) for piece in pieces[::2]))
    for known, child in node.mixed:
        if known == pattern:
            return child
    node.mixed.append((pattern, child := _Node()))
    return child


def _either(character: str) -> str:
    """A pattern for a character of a template: as it is, or percent-encoded."""
    if character.isalnum() and character.isascii():
        return character
    escaped = "".join(f"%(?i:{byte:02x})" for byte in character.encode())
    return f"(?:{re.escape(character)}|{escaped})"


def _descend(node: _Node, segments: list[str], depth: int) -> tuple[_Node, tuple[str, ...]] | None:
    """The node at the end of the path and the raw texts of its names; goes back where a concrete branch ends."""
    if depth == len(segments):
        return (node, ()) if node.methods else None
    segment = segments[depth]
    literal = node.literal.get(unquote(segment) if "%" in segment else segment)
    if literal is not None and (found := _descend(literal, segments, depth + 1)):
        return found
    for pattern, child in node.mixed:
        if (match := pattern.fullmatch(segment)) and (found := _descend(child, segments, depth + 1)):
            return found[0], (*match.groups(), *found[1])
    if node.any is not None and segment and (found := _descend(node.any, segments, depth + 1)):
        return found[0], (segment, *found[1])
    return None
