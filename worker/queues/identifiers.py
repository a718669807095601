"""How ids stand in databases: as between the quotes of their JSON text, the same characters for every ordinary id.

SQLite's JSON functions end a text at a NUL character, and PostgreSQL takes none at all.
"""

from collections.abc import Sequence

import orjson


def ids_text(ids: Sequence[str]) -> list[str]:
    """Ids as the database holds them."""
    plain = list(ids)
    return [id_text(id_) for id_ in plain] if b"\\" in orjson.dumps(plain) else plain


def id_text(id_: str) -> str:
    """One id as the database holds it."""
    return orjson.dumps(id_)[1:-1].decode()


def id_of(text: str) -> str:
    """The id of a text that the database holds."""
    return str(orjson.loads(f'"{text}"')) if "\\" in text else text
