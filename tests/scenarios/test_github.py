"""Ten thousand jobs against a contract of the size that exists: GitHub's, 13 MB and 1,223 operations."""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from worker.contract import contract
from worker.sandbox import Contract, Sandbox

if TYPE_CHECKING:
    from tests.conftest import Api, Shell

DOCUMENT: Final = Path(__file__).parents[2] / ".corpus" / "package" / "generated" / "api.github.com.json"

pytestmark = pytest.mark.corpus

_TOTAL: Final = 10_000
_BROKEN: Final = 500


def _without_owner(job: dict[str, Any]) -> None:
    del job["params"]["owner"]


#: Ways to break a job, and the pointers that have to be named for each.
_WAYS: Final[tuple[tuple[Callable[[dict[str, Any]], Any], set[str]], ...]] = (
    (lambda job: job["body"].pop("title"), {"#/body/title"}),
    (lambda job: job["body"].update(title=1.5), {"#/body/title"}),
    (lambda job: job["body"].update(title=["x"]), {"#/body/title"}),
    (lambda job: job["body"].update(labels="bug"), {"#/body/labels"}),
    (lambda job: job["body"].update(labels=["bug", 7]), {"#/body/labels/1"}),
    (lambda job: job["body"].update(assignees={"login": "octocat"}), {"#/body/assignees"}),
    (lambda job: job["body"].update(assignees=["octocat", None]), {"#/body/assignees/1"}),
    (lambda job: job["body"].update(body=17), {"#/body/body"}),
    (lambda job: job["body"].update(milestone=True), {"#/body/milestone"}),
    (lambda job: job["body"].update(title=None, labels=0), {"#/body/title", "#/body/labels"}),
    (_without_owner, {"#/params/owner"}),
    (lambda job: job["params"].update(owner=17), {"#/params/owner"}),
    (lambda job: job["params"].update(repos="hello"), {"#/params/repos"}),
    (lambda job: job.pop("params"), {"#/params/owner", "#/params/repo"}),
    (lambda job: job.pop("body"), {"#/body"}),
    (lambda job: job.update(operation="issues/creat"), {"#/operation"}),
)


@pytest.fixture(scope="module")
def document() -> Path:
    """Where the contract is."""
    if not DOCUMENT.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{DOCUMENT} is not there: run `make corpus` first")
        pytest.skip(f"{DOCUMENT} is not there: `make corpus` fetches it")
    return DOCUMENT


def test_every_operation_is_known(document: Path) -> None:
    """All 1,223 of them, and each compiles that takes a body."""
    found = contract.from_document(document)
    assert len(found.operations) == 1223
    endpoint = found.endpoint("issues/create")
    assert endpoint is not None
    assert (endpoint.operation.method, endpoint.operation.path) == ("POST", "/repos/{owner}/{repo}/issues")


def test_contract_list_shows_every_operation(shell: "Shell", document: Path) -> None:
    """One JSON object a line."""
    shell.configure("http://127.0.0.1:9", contract=str(document))
    listed = shell("contract", "list", "--json")
    assert listed.code == 0
    assert len(listed.lines) == 1223
    assert "issues/create" in listed.out


def test_exactly_the_broken_jobs_are_refused_each_with_its_place(
    shell: "Shell", practice: Callable[[Sandbox], "Api"], document: Path
) -> None:
    """10,000 `issues/create` jobs, 500 broken in 16 known ways: 9,500 arrive, and the API refuses none."""
    github = practice(Sandbox(Contract.read(document)))
    shell.configure(github.url, contract=str(document))
    pointers: dict[str, set[str]] = {}
    jobs = [_issue(number) for number in range(_TOTAL)]
    for number in range(0, _TOTAL, _TOTAL // _BROKEN):
        break_it, expected = _WAYS[len(pointers) % len(_WAYS)]
        break_it(jobs[number])
        pointers[jobs[number]["id"]] = expected
    shell.write("issues.jsonl", jobs)
    submitted = shell("submit", "issues.jsonl", "--json")
    ran = shell("--log-level", "error", "run", "--until-empty", "--json")
    found = {one["id"]: {fault["pointer"] for fault in one["problem"]["errors"]} for one in shell.failures}
    lines = {one["id"]: one["source"]["line"] for one in shell.failures}
    assert (submitted.code, submitted.json["accepted"]) == (0, _TOTAL)
    assert (ran.code, ran.json["delivered"], ran.json["dead"]) == (1, _TOTAL - _BROKEN, _BROKEN)
    assert github.statuses == {201: _TOTAL - _BROKEN}
    assert found == pointers
    assert all(lines[f"i{number}"] == number + 1 for number in range(0, _TOTAL, _TOTAL // _BROKEN))
    assert Counter(ran.json["refused"]).total() == _BROKEN


def _issue(number: int) -> dict[str, Any]:
    body: dict[str, Any] = {"title": f"Issue {number}", "body": "It does not work.", "labels": ["bug", {"name": "ui"}]}
    params = {"owner": "octocat", "repo": "hello-world"}
    return {"id": f"i{number}", "operation": "issues/create", "params": params, "body": body}
