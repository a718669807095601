"""A config is a text in a file; these fixtures write it and read it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from worker.errors import ConfigError
from worker.settings import Settings, load

Read = Callable[..., Settings]
Complain = Callable[..., str]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Loads a text as ``preflight.toml`` in a folder of its own, with an empty environment unless one is given."""

    def call(
        text: str, environ: Mapping[str, str] | None = None, flags: Mapping[str, object] | None = None
    ) -> Settings:
        file = tmp_path / "preflight.toml"
        file.write_text(text, "utf-8")
        return load(file, environ=environ or {}, flags=flags)

    return call


@pytest.fixture
def complain(read: Read) -> Complain:
    """The message that a text is refused with."""

    def call(text: str, environ: Mapping[str, str] | None = None, flags: Mapping[str, object] | None = None) -> str:
        with pytest.raises(ConfigError) as caught:
            read(text, environ, flags)
        return str(caught.value)

    return call


@pytest.fixture
def api() -> str:
    """The least that makes a valid config, open at its end for more keys of the operation."""
    return (
        '[apis.shop]\nbase_url = "https://h"\n[apis.shop.operations.createOrder]\nmethod = "POST"\npath = "/orders"\n'
    )
