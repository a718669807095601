"""Other people's reader of OpenAPI, openapi-core, says of our requests what we say of the jobs that they are made of.

Jobs are generated from the schemas of real documents' operations, half of them with one thing wrong, and written as
requests whatever our verdict. Where the two verdicts differ, ``agreement/differences.py`` has the reason.
``PREFLIGHT_AGREEMENT_OPERATIONS=2100`` is the long form: two minutes.
"""

import os
from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

import pytest

from benchmarks.corpus import found
from tests.conformance.agreement.chosen import operations
from tests.conformance.agreement.comparison import Case, compared
from tests.conformance.agreement.differences import ONLY_OURS, ONLY_THEIRS, explanations

pytestmark = pytest.mark.corpus

_ROOT: Final = Path(__file__).parents[2]
_OPERATIONS: Final = int(os.environ.get("PREFLIGHT_AGREEMENT_OPERATIONS", "200"))
_FOR_ALL: Final = 2_100
_JOBS: Final = 10  # of an operation
_FORM: Final = "application/x-www-form-urlencoded"
#: What has to be among the operations, whichever they are.
_OF_3_0: Final = ("path", "query", "list", "header", "content", "application/json", _FORM, "multipart/form-data")
_OF_3_1: Final = ("path", "query", "header", "application/json", _FORM)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Every job on which both have a verdict."""
    documents = found(_ROOT)
    if not documents:
        if os.environ.get("CI") == "true":
            pytest.fail("the corpus is not there: run `make corpus` first")
        pytest.skip("the corpus is not there: `make corpus` fetches it")
    every = (compared(chosen, _JOBS) for chosen in operations(documents, _ROOT / ".corpus"))
    judged = (cases for each in every if (cases := [case for case in each if case.judged]))
    return [case for each in islice(judged, _OPERATIONS) for case in each]


def _used(cases: list[Case]) -> Counter[str]:
    """How many of the cases each entry of the list explains."""
    return Counter(name for case in cases if not case.agrees for name in set(explanations(case) or ()))


def test_every_difference_is_explained(cases: list[Case]) -> None:
    """By an entry of the list, and seldom."""
    agreed = Counter("refused" if case.faults else "admitted" for case in cases if case.agrees)
    differing = [case for case in cases if not case.agrees]
    used = _used(cases)
    print(f"{len(cases)} jobs, agreed: {dict(agreed)}, explained: {dict(used)}")  # noqa: T201 - the evidence

    assert "\n\n".join(str(case) for case in differing if explanations(case) is None) == ""
    assert len(differing) <= 0.04 * len(cases)
    assert max(used.values(), default=0) <= 0.02 * len(cases)


def test_the_list_is_no_bin(cases: list[Case]) -> None:
    """Were one of the two to accept what both refuse, hardly anything would explain it away."""
    refused = [case for case in cases if case.agrees and case.faults]
    noticed = {
        "ours": sum(explanations(replace(case, faults=())) is None for case in refused),
        "theirs": sum(explanations(replace(case, complaints=[])) is None for case in refused),
    }
    print(f"{len(refused)} refused; noticed: {noticed}")  # noqa: T201 - the evidence

    assert min(noticed.values()) >= 0.9 * len(refused)


@pytest.mark.skipif(_OPERATIONS < _FOR_ALL, reason=f"needs {_FOR_ALL} operations, which show every difference")
def test_every_entry_of_the_list_is_needed(cases: list[Case]) -> None:
    """One that explains nothing any more is taken out."""
    assert {one.name for one in (*ONLY_THEIRS, *ONLY_OURS)} - _used(cases).keys() == set()


def test_the_jobs_are_of_every_kind(cases: list[Case]) -> None:
    """Agreement on next to nothing would prove nothing."""
    counts = Counter(case.chosen for case in cases)
    bad = sum(bool(case.faults) for case in cases)
    print(f"{len(counts)} operations of {len({one.file for one in counts})} documents")  # noqa: T201 - the evidence

    assert len(counts) == _OPERATIONS
    assert len(cases) >= 8 * len(counts)
    assert 0.2 <= bad / len(cases) <= 0.5
    assert {one.kind for one in counts} >= {f"3.0 {one}" for one in _OF_3_0} | {f"3.1 {one}" for one in _OF_3_1}
