"""Other people's reader of OpenAPI, openapi-core, says of our requests what we say of the jobs that they are made of.

Jobs are generated from the schemas of real documents' operations, half of them with one thing wrong, and written as
requests whatever our verdict. Where the two verdicts differ, ``agreement/differences.py`` has the reason.
``PREFLIGHT_AGREEMENT_OPERATIONS=2000`` asks for more operations.
"""

import os
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Final

import pytest

from benchmarks.corpus import found
from tests.conformance.agreement.chosen import operations
from tests.conformance.agreement.comparison import Case, compared
from tests.conformance.agreement.differences import explanations

pytestmark = pytest.mark.corpus

_ROOT: Final = Path(__file__).parents[2]
_OPERATIONS: Final = int(os.environ.get("PREFLIGHT_AGREEMENT_OPERATIONS", "200"))
_JOBS: Final = 10  # of an operation
_FORM: Final = "application/x-www-form-urlencoded"
#: What has to be among the operations, whichever they are.
_OF_3_0: Final = ("path", "query", "list", "header", "content", "application/json", _FORM, "multipart/form-data")
_OF_3_1: Final = ("path", "query", "header", "application/json", _FORM)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Every job that both have looked at."""
    documents = found(_ROOT)
    if not documents:
        if os.environ.get("CI") == "true":
            pytest.fail("the corpus is not there: run `make corpus` first")
        pytest.skip("the corpus is not there: `make corpus` fetches it")
    compared_ones = (compared(chosen, _JOBS) for chosen in operations(documents, _ROOT / ".corpus"))
    return [case for each in islice(filter(None, compared_ones), _OPERATIONS) for case in each]


def test_every_difference_is_explained(cases: list[Case]) -> None:
    """By an entry of the list; and the list is no bin for whatever differs."""
    differing = [case for case in cases if case.judged and not case.agrees]
    explained: Counter[str] = Counter()
    unexplained = []
    for case in differing:
        names = explanations(case)
        explained.update(set(names or ()))
        if names is None:
            unexplained.append(str(case))
    agreed = Counter(("refused" if case.faults else "admitted") for case in cases if case.agrees)
    print(f"{len(cases)} jobs, agreed: {dict(agreed)}, explained: {dict(explained)}")  # noqa: T201 - the evidence

    assert not unexplained, "\n\n".join(unexplained)
    assert len(differing) <= 0.05 * len(cases)
    assert max(explained.values(), default=0) <= 0.02 * len(cases)


def test_the_jobs_are_good_and_bad_and_of_every_kind(cases: list[Case]) -> None:
    """Agreement on next to nothing would prove nothing."""
    judged = [case for case in cases if case.judged]
    counts = Counter(case.chosen for case in judged)
    kinds = {chosen.kind for chosen in counts}
    print(f"{len(counts)} operations of {len({one.file for one in counts})} documents")  # noqa: T201 - the evidence

    assert len(counts) == _OPERATIONS
    assert len(judged) >= max(0.99 * len(cases), 8 * len(counts))
    assert 0.2 <= sum(bool(case.faults) for case in judged) / len(judged) <= 0.5
    assert kinds >= {f"3.0 {one}" for one in _OF_3_0} | {f"3.1 {one}" for one in _OF_3_1}
