"""How soon a large contract is ready to judge its first job, cold and warm, and in how much memory."""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import click
import orjson
import yaml

from benchmarks import measuring

_DOCUMENT: Final = Path(".corpus/package/generated/api.github.com.json")
_OPERATION: Final = "issues/create"
_PARAMS: Final = {"owner": "octocat", "repo": "hello-world"}


@click.command("start")
@click.option("--rounds", default=5, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def command(rounds: int, *, as_json: bool) -> None:
    """Seconds from nothing imported to GitHub's 1,223 operations read and one job judged."""
    if not _DOCUMENT.exists():
        raise click.UsageError("there is no corpus; run `make corpus` first")
    figures: dict[str, Any] = {"rounds": rounds}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        as_yaml = folder / "github.yaml"
        _in_a_process("yaml", str(_DOCUMENT), str(as_yaml))  # a process is as large as its parent was at its start
        for kind, document in (("json", _DOCUMENT), ("yaml", as_yaml)):
            cold = [_started(document, folder / f"{kind}-{number}") for number in range(rounds)]
            warm = [_started(document, folder / f"{kind}-0") for _ in range(rounds)]
            for state, readings in (("cold", cold), ("warm", warm)):
                figures[f"{kind}_{state}_s"] = round(statistics.median(one["seconds"] for one in readings), 3)
                figures[f"{kind}_{state}_mib"] = round(statistics.median(one["mib"] for one in readings), 1)
    measuring.show("start", figures, as_json=as_json)


def _started(document: Path, cache: Path) -> dict[str, float]:
    printed: dict[str, float] = orjson.loads(_in_a_process("start", str(document), str(cache)))
    return printed


def _in_a_process(*arguments: str) -> bytes:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.start", *arguments], capture_output=True, check=True
    ).stdout


def _start(document: Path, cache: Path) -> None:
    """What is measured: in a process of its own, its imports included."""
    started = time.perf_counter()
    from worker.contract.cache import CodeCache  # noqa: PLC0415 - the import is a part of the start
    from worker.contract.contract import from_document  # noqa: PLC0415

    contract = from_document(document, "auto", CodeCache(cache))
    endpoint = contract.endpoint(_OPERATION)
    assert endpoint is not None
    assert not endpoint.faults(_PARAMS, {"title": "It is broken"})
    assert endpoint.faults(_PARAMS, {"title": ["It is broken"]})
    seconds = time.perf_counter() - started
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "linux" else 1024)
    print(orjson.dumps({"seconds": seconds, "mib": kib / 1024}).decode())


if __name__ == "__main__":
    _, what, source, target = sys.argv
    if what == "start":
        _start(Path(source), Path(target))
    else:
        Path(target).write_text(yaml.dump(orjson.loads(Path(source).read_bytes()), Dumper=yaml.CSafeDumper))
