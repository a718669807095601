import pytest

from worker.contract.explain import MAX_FAULTS
from worker.outcome import Cause, Fault
from worker.stages.refusal import refusal


def _faults(*causes: Cause) -> list[Fault]:
    return [Fault(f"#/{number}", "body", "r", "d", cause=cause) for number, cause in enumerate(causes)]


@pytest.mark.parametrize(
    ("causes", "worst", "title"),
    [
        ([Cause.INVALID], Cause.INVALID, "1 value is not allowed"),
        ([Cause.INVALID] * 2, Cause.INVALID, "2 values are not allowed"),
        (
            [Cause.INVALID, Cause.MISSING, Cause.INVALID],
            Cause.MISSING,
            "3 faults: 1 required value is missing, 2 values are not allowed",
        ),
        (
            [Cause.MISSING, Cause.MALFORMED, Cause.MISSING],
            Cause.MALFORMED,
            "3 faults: the job is not well formed, 2 required values are missing",
        ),
    ],
)
def test_a_problem_has_the_worst_of_its_faults_causes_and_counts_all(
    causes: list[Cause], worst: Cause, title: str
) -> None:
    """In its title, which is true of every fault."""
    problem = refusal(_faults(*causes), "validate")
    assert (problem.cause, problem.title) == (worst, title)


def test_a_few_faults_are_told_in_the_detail_and_all_are_kept() -> None:
    """With the number of the others."""
    faults = _faults(*[Cause.INVALID] * 5)
    problem = refusal(faults, "validate")
    assert problem.detail == "#/0: d; #/1: d; #/2: d; and 2 more"
    assert problem.faults == tuple(faults)
    assert refusal(faults[:3], "validate").detail == "#/0: d; #/1: d; #/2: d"


def test_too_many_faults_are_cut_and_the_last_one_says_so() -> None:
    """In the list, the title and the detail; exactly as many as are kept are not too many."""
    whole = refusal(_faults(*[Cause.INVALID] * MAX_FAULTS), "validate")
    cut = refusal(_faults(*[Cause.INVALID] * (MAX_FAULTS + 1)), "validate")
    assert (len(whole.faults), whole.title) == (1000, "1,000 values are not allowed")
    assert (len(cut.faults), cut.title) == (1001, "1,000 values are not allowed, and there are more")
    assert cut.faults[-1].detail == "there are more than these 1,000 faults"
    assert cut.detail.endswith("; and 997 more; there are more than these 1,000 faults")
