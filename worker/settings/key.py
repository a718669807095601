"""Dotted keys, as messages write them."""

import json
import re


def join(key: str, name: str) -> str:
    """A dotted key, with quotes where TOML wants them."""
    part = name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)
    return f"{key}.{part}" if key else part
