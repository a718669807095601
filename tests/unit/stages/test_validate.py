from pathlib import Path
from typing import Any

import orjson
import pytest

from worker.auth.credential import StaticCredential
from worker.contract.contract import Contract, from_declarations, from_document
from worker.contract.operation import Operation
from worker.contract.own_checks import OwnChecks
from worker.job import Job
from worker.outcome import Cause, Fault, Refuse
from worker.settings import OperationSettings, Validation
from worker.stages.authorise import authorise
from worker.stages.refusal import refusal
from worker.stages.validate import Checked, check, validate
from worker.testing import ManualClock

MODES: tuple[Validation, ...] = ("enforce", "warn", "off")


@pytest.fixture(scope="module")
def contract() -> Contract:
    """One operation with a path, a query and a body."""
    params = {"properties": {"id": {"type": "integer"}, "q": {"enum": ["a"]}}}
    body = {"type": "object", "required": ["sku"]}
    settings = OperationSettings("createOrder", "POST", "/orders/{id}", params, body)
    return from_declarations({"createOrder": settings}, "preflight.toml")


def _verdict(
    contract: Contract, mode: Validation = "enforce", operation: str = "createOrder", **job: Any
) -> Checked | Refuse:
    return validate(Job("1", "shop", operation, **job), contract, mode)


def _pointers(verdict: Checked | Refuse) -> list[str]:
    assert isinstance(verdict, Refuse)
    return sorted(fault.pointer for fault in verdict.problem.faults)


def test_a_good_job_is_checked_with_its_params_by_plain_names(contract: Contract) -> None:
    """Whatever they were called."""
    verdict = _verdict(contract, params={"path.id": 1, "query.q": "a"}, body={"sku": "x"})
    assert isinstance(verdict, Checked)
    assert verdict.params == {"id": 1, "q": "a"}


def test_a_header_that_a_job_brings_is_there(tmp_path: Path) -> None:
    """Among its headers or among its params; only what is in neither is missing."""
    header = {"in": "header", "required": True, "schema": {"type": "string"}}
    operation = {"operationId": "op", "parameters": [{"name": "X-A", **header}, {"name": "X-B", **header}]}
    file = tmp_path / "c.json"
    file.write_bytes(orjson.dumps({"openapi": "3.1.0", "paths": {"/x": {"get": operation}}}))
    found = from_document(file)
    assert isinstance(_verdict(found, operation="op", headers={"x-a": "1"}, params={"X-B": "2"}), Checked)
    assert _pointers(_verdict(found, operation="op", headers={"x-a": "1"})) == ["#/params/X-B"]
    assert _pointers(_verdict(found, operation="op")) == ["#/params/X-A", "#/params/X-B"]


@pytest.mark.parametrize(("media", "body"), [("text/plain", ""), ("application/x-www-form-urlencoded", {})])
def test_a_body_of_no_bytes_is_none(tmp_path: Path, media: str, body: Any) -> None:
    """Where one is needed."""
    operation = {"operationId": "op", "requestBody": {"required": True, "content": {media: {}}}}
    file = tmp_path / "c.json"
    file.write_bytes(orjson.dumps({"openapi": "3.1.0", "paths": {"/x": {"post": operation}}}))
    verdict = _verdict(from_document(file), operation="op", body=body)
    assert _pointers(verdict) == ["#/body"]
    assert isinstance(verdict, Refuse)
    assert verdict.problem.cause is Cause.MISSING


def test_all_faults_of_a_bad_job_are_told(contract: Contract) -> None:
    """And the worst cause is that of the whole."""
    verdict = _verdict(contract, params={"q": "b", "z": 1}, body={})
    assert _pointers(verdict) == ["#/body/sku", "#/params/id", "#/params/q", "#/params/z"]
    assert isinstance(verdict, Refuse)
    assert verdict.problem.cause is Cause.MISSING
    assert verdict.problem.title == "4 faults: 2 required values are missing, 2 values are not allowed"


def test_an_unknown_operation_is_refused_with_the_one_that_was_meant(contract: Contract) -> None:
    """In every mode."""
    for mode in MODES:
        verdict = _verdict(contract, mode, "createOrders")
        assert _pointers(verdict) == ["#/operation"]
        assert isinstance(verdict, Refuse)
        assert verdict.problem.faults[0].hint == "did you mean 'createOrder'?"


def test_warn_notes_what_enforce_refuses(contract: Contract) -> None:
    """All of it; a job that the contract allows is warned of nothing."""
    verdict = _verdict(contract, "warn", params={"id": "x", "q": "b"}, body={})
    assert isinstance(verdict, Checked)
    assert sorted(fault.pointer for fault in verdict.warned) == ["#/body/sku", "#/params/id", "#/params/q"]
    good = _verdict(contract, "warn", params={"id": 1}, body={"sku": "x"})
    assert isinstance(good, Checked)
    assert good.warned == ()


def test_own_checks_come_after_the_contract(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    """They may take for granted what it says; in ``off`` they are not asked."""
    fault = Fault("#/body/sku", "body", "own", "not this one")
    asked: list[str] = []

    def check(job: Job, operation: Operation) -> list[Fault]:
        asked.append(job.body["sku"] + operation.name)
        return [fault]

    monkeypatch.setattr(contract, "own", OwnChecks({"a:b": check}, 1.0, ManualClock()))
    assert _pointers(_verdict(contract, params={"id": 1}, body={})) == ["#/body/sku"]
    assert asked == []
    assert _verdict(contract, params={"id": 1}, body={"sku": "x"}) == Refuse(refusal([fault], "validate"))
    warned = _verdict(contract, "warn", params={"id": 1}, body={"sku": "y"})
    assert isinstance(warned, Checked)
    assert warned.warned == (fault,)
    assert isinstance(_verdict(contract, "off", params={"id": 1}, body={"sku": "z"}), Checked)
    assert asked == ["xcreateOrder", "ycreateOrder"]


def test_a_row_is_held_to_the_same_rules_as_a_job(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it has an id; what it leaves out is no content."""
    seen: list[Job] = []
    row = {"api": "shop", "operation": "createOrder", "params": {"id": 1}, "body": {"sku": "x"}, "meta": {"row": 1}}

    def note(job: Job, _: Operation) -> list[Fault]:
        seen.append(job)
        return []

    monkeypatch.setattr(contract, "own", OwnChecks({"a:b": note}, 1.0, ManualClock()))
    assert isinstance(check(row, contract), Checked)
    assert seen == [Job("", "shop", "createOrder", {"id": 1}, {"sku": "x"}, meta={"row": 1})]
    assert _pointers(check({"api": "shop", "operation": "createOrder"}, contract)) == ["#/body", "#/params/id"]


@pytest.mark.parametrize("mode", ["warn", "off"])
def test_what_cannot_be_written_is_refused_in_every_mode(contract: Contract, mode: Validation) -> None:
    """A path without its value, a parameter that has no place, a value that would leave its own; and nothing else."""
    assert isinstance(_verdict(contract, mode, params={"id": "x", "q": "z"}, body=5), Checked)
    assert _pointers(_verdict(contract, mode, params={"z": 1})) == ["#/params/id", "#/params/z"]
    assert _pointers(_verdict(contract, mode, params={"id": ".."})) == ["#/params/id"]


@pytest.mark.parametrize(
    ("expires_in_s", "is_refused"), [(None, False), (60, False), (2, True), (0, True), (-1e9, True)]
)
def test_an_expired_credential_is_caught_before_sending(expires_in_s: float | None, is_refused: Any) -> None:
    """Or one that will have expired when it arrives; the message says whose."""
    now = 1_767_225_600.0
    expires_at = None if expires_in_s is None else now + expires_in_s
    verdict = authorise(StaticCredential("env:SHOP_TOKEN", expires_at=expires_at), now)
    assert (verdict is not None) is is_refused
    if verdict is not None:
        assert (verdict.problem.cause, verdict.problem.retryable) == (Cause.UNAUTHORISED, True)
        assert "env:SHOP_TOKEN" in verdict.problem.detail
