import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.contract import contract
from worker.contract.contract import Contract
from worker.engine.mending import (
    Change,
    Chosen,
    Decision,
    Mender,
    count,
    discard,
    each,
    mended,
    replay,
    setting,
    unsetting,
)
from worker.errors import UsageError
from worker.failure import Failure, Selection
from worker.job import UNSET, Entry, Lane, Lease, State
from worker.outcome import Cause, Dead, Fault, Problem, Settlement
from worker.ports import Want
from worker.queues.memory import MemoryStore
from worker.settings import ApiSettings, OperationSettings
from worker.testing import ManualClock

LANE = Lane("shop", "order")
NAMES = st.sampled_from(["a", "b", "0", "1", "zip"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
PATHS = st.lists(NAMES, max_size=4).map(lambda names: ("body", *names))
JOBS = st.fixed_dictionaries({"id": st.just("1"), "operation": st.just("order")}, optional={"body": JSON})


def at(job: Any, path: tuple[str, ...]) -> Any:
    """What stands at a path; UNSET where nothing does."""
    for step in path:
        if isinstance(job, list) and step.isdecimal() and int(step) < len(job):
            job = job[int(step)]
        elif isinstance(job, dict) and step in job:
            job = job[step]
        else:
            return UNSET
    return job


@given(JOBS, PATHS, JSON)
def test_what_was_set_stands_there_and_the_job_that_was_given_is_untouched(
    job: dict[str, Any], path: tuple[str, ...], value: Any
) -> None:
    """Or the path is impossible, and then nothing is made at all."""
    before = copy.deepcopy(job)
    try:
        made = mended(job, [Change(path, value)])
    except UsageError:
        made = None
    assert job == before
    if made is not None:
        assert at(made, path) == value
        assert {key: made[key] for key in ("id", "operation")} == {"id": "1", "operation": "order"}


@given(JOBS, PATHS, JSON)
def test_all_else_in_the_job_stays(job: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Members beside the path, at every level, are what they were."""
    try:
        made = mended(job, [Change(path, value)])
    except UsageError:
        return
    for depth in range(len(path)):
        before, after = at(job, path[:depth]), at(made, path[:depth])
        if isinstance(before, dict):
            assert {key: one for key, one in after.items() if key != path[depth]} == {
                key: one for key, one in before.items() if key != path[depth]
            }


@given(JOBS, PATHS)
def test_taking_away_never_fails_and_what_is_not_there_changes_nothing(
    job: dict[str, Any], path: tuple[str, ...]
) -> None:
    """Of a list, the later items move up; of an object, the name is gone."""
    made = mended(job, [Change(path, UNSET)])
    if at(job, path) is UNSET:
        assert made == job
    else:
        parent, given_parent = at(made, path[:-1]), at(job, path[:-1])
        assert len(parent) == len(given_parent) - 1


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("body.qty=3", ("body", "qty"), 3),
        ("body.note=a = b", ("body", "note"), "a = b"),
        ('body.zip="10115"', ("body", "zip"), "10115"),
        ("body.items.0.qty=null", ("body", "items", "0", "qty"), None),
        ('body={"a": 1}', ("body",), {"a": 1}),
        ("params.query.id=7", ("params", "query.id"), 7),
        ("headers.X-Trace=7", ("headers", "X-Trace"), "7"),
        ("key=7", ("key",), "7"),
        ("key=null", ("key",), None),
        ("deadline=2026-12-31T00:00:00Z", ("deadline",), "2026-12-31T00:00:00Z"),
        ("body.qty=NaN", ("body", "qty"), "NaN"),
    ],
)
def test_an_edit_is_written_as_place_and_value(text: str, path: tuple[str, ...], value: Any) -> None:
    """JSON where it is JSON, else text; where a job has texts only, always text."""
    assert setting(text) == Change(path, value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("body.qty", "PLACE=VALUE"),
        ("id=2", "cannot be changed"),
        ("api=other", "cannot be changed"),
        ("bdy.qty=3", "did you mean 'body'?"),
        ("priority.x=3", "has no members"),
        ("body..x=3", "between the dots"),
    ],
)
def test_an_edit_that_cannot_be_meant_is_refused_before_any_job_is_read(text: str, said: str) -> None:
    """With the option as it was written, and a remedy."""
    with pytest.raises(UsageError, match="--set") as caught:
        setting(text)
    assert said in str(caught.value)


def test_taking_away_names_a_place_too() -> None:
    """And the identity of a job cannot be taken away either."""
    assert unsetting("params.query.id") == Change(("params", "query.id"), UNSET)
    with pytest.raises(UsageError, match="--unset id"):
        unsetting("id")


@pytest.mark.parametrize(
    ("path", "said"),
    [(("body", "qty", "x"), "body.qty is a single value"), (("body", "items", "2"), "body.items is a list of 1")],
)
def test_an_impossible_path_says_where_it_ends(path: tuple[str, ...], said: str) -> None:
    """The place that has no members, or the list's length."""
    with pytest.raises(UsageError, match=said):
        mended({"body": {"qty": 1, "items": [{}]}}, [Change(path, 1)])


def test_objects_and_lists_on_the_way_are_made() -> None:
    """An object by a name, a list by its first index."""
    assert mended({}, [setting("body.items.0.sku=A"), setting("body.items.1.sku=B")]) == {
        "body": {"items": [{"sku": "A"}, {"sku": "B"}]}
    }


@pytest.fixture
def shop() -> Contract:
    """One operation that takes a quantity of at least 1."""
    body = {"type": "object", "required": ["qty"], "properties": {"qty": {"type": "integer", "minimum": 1}}}
    return contract.from_declarations({"order": OperationSettings("order", "POST", "/orders", body=body)}, "a test")


@pytest.fixture
def store() -> MemoryStore:
    """An empty store."""
    return MemoryStore(ManualClock())


async def fail(store: MemoryStore, id_: str, body: str, cause: Cause = Cause.INVALID) -> None:
    """Put a job into the store and let it die of a cause."""
    payload = f'{{"id": "{id_}", "api": "shop", "operation": "order", "body": {body}}}'
    await store.queue.enqueue([Entry(id_, LANE, payload)])
    lease: list[Lease] = await store.queue.lease([Want(LANE, 1)], 60)
    faults = (Fault("#/body/qty", "body", "minimum", "0 is less than 1"),) if cause is Cause.INVALID else ()
    await store.queue.settle([Settlement(lease[0], Dead(Problem(cause, "validate", "t", "d", faults=faults)))])


def mender(shop: Contract, *texts: str, validation: Any = "enforce") -> Mender:
    """One that makes these edits."""
    apis = {"shop": ApiSettings("shop", "https://h", validation=validation)}
    return Mender([setting(text) for text in texts], {"shop": shop}, apis)


def chosen(**selection: Any) -> Chosen:
    """Failures up to a time that is later than all tests."""
    return Chosen(Selection(**selection), 1e11)


async def test_jobs_that_pass_after_the_edit_are_ready_again(store: MemoryStore, shop: Contract) -> None:
    """The others stay where they are, with the reason."""
    await fail(store, "1", '{"qty": 0}')
    await fail(store, "2", '"no object"')
    done = await replay(store.ledger, chosen(), mender(shop, "body.qty=3"))
    assert (done.selected, done.changed, done.replayed, done.still_bad, done.rows) == (2, 1, 1, 1, 0)
    assert done.reasons == [("2", "body.qty cannot be set: body is a single value and has no members")]
    ready = await store.queue.lease([Want(LANE, 9)], 60)
    assert [(lease.payload["id"], lease.payload["body"]) for lease in ready] == [("1", {"qty": 3})]


async def test_counting_changes_nothing(store: MemoryStore, shop: Contract) -> None:
    """What would be done is what is then done."""
    await fail(store, "1", '{"qty": 0}')
    planned = await replay(store.ledger, chosen(), mender(shop, "body.qty=3"), only_count=True)
    assert await store.queue.lanes() == []
    assert await replay(store.ledger, chosen(), mender(shop, "body.qty=3")) == planned


async def test_an_edit_that_does_not_help_changes_the_count_but_not_the_queue(
    store: MemoryStore, shop: Contract
) -> None:
    """The contract has the last word."""
    await fail(store, "1", '{"qty": 0}')
    done = await replay(store.ledger, chosen(), mender(shop, "body.qty=-1"))
    assert (done.changed, done.replayed, done.still_bad) == (1, 0, 1)
    assert "-1 is less than 1" in done.reasons[0][1]


async def test_without_edits_only_jobs_refused_for_their_content_are_checked_again(
    store: MemoryStore, shop: Contract
) -> None:
    """A contract may have changed since; a time-out says nothing about the content."""
    await fail(store, "bad", '{"qty": 0}')
    await fail(store, "good", '{"qty": 1}')
    await fail(store, "late", '{"qty": 0}', Cause.TIMEOUT)
    done = await replay(store.ledger, chosen(), mender(shop))
    assert (done.selected, done.changed, done.replayed, done.still_bad) == (3, 0, 2, 1)
    assert done.reasons[0][0] == "bad"


async def test_an_api_without_validation_takes_what_can_be_sent(store: MemoryStore, shop: Contract) -> None:
    """``validation = "off"`` holds here as it does in a run."""
    await fail(store, "1", '{"qty": 0}')
    done = await replay(store.ledger, chosen(), mender(shop, validation="off"))
    assert done.replayed == 1


async def test_the_envelope_is_checked_too(store: MemoryStore, shop: Contract) -> None:
    """An edit may break the job around a good body."""
    await fail(store, "1", '{"qty": 1}')
    done = await replay(store.ledger, chosen(), mender(shop, "deadline=tomorrow"))
    assert done.still_bad == 1
    assert "#/deadline" in done.reasons[0][1]


async def test_an_api_that_is_gone_keeps_its_jobs(store: MemoryStore, shop: Contract) -> None:
    """Nobody could send them."""
    await fail(store, "1", '{"qty": 1}')
    done = await replay(store.ledger, chosen(), Mender([], {"other": shop}, {}))
    assert "no API 'shop'" in done.reasons[0][1]


async def test_rows_that_never_became_jobs_are_counted_apart(store: MemoryStore, shop: Contract) -> None:
    """There is nothing to send."""
    row = Failure("row-1", Lane("shop", ""), Problem(Cause.MALFORMED, "intake", "t", "d"), None, 0.0)
    await store.ledger.reject([row])
    done = await replay(store.ledger, chosen(), mender(shop))
    assert (done.selected, done.rows, done.replayed, done.still_bad) == (1, 1, 0, 0)


async def test_failures_that_came_after_the_choice_are_left_alone(store: MemoryStore, shop: Contract) -> None:
    """A person agreed to what was counted, not to what a worker adds meanwhile."""
    await fail(store, "1", '{"qty": 1}')
    early = Chosen(Selection(), 1.0)
    assert (await replay(store.ledger, early, mender(shop))).selected == 0
    assert await discard(store.ledger, early) == 0
    assert [failure.id async for failure in each(store.ledger, chosen())] == ["1"]


def test_a_job_too_deep_to_be_written_again_stays(shop: Contract) -> None:
    """It was read, but no edit of it can be."""
    deep = "[" * 500 + "]" * 500
    failure = Failure("1", LANE, Problem(Cause.INVALID, "validate", "t", "d"), None, 0.0, State.DEAD)
    decision = mender(shop, "body.qty=3").decide(failure, f'{{"id": "1", "body": {{"deep": {deep}}}}}')
    assert decision == Decision(None, changed=False, reason="it is nested too deeply to be edited")


async def test_discarding_forgets_exactly_the_chosen(store: MemoryStore) -> None:
    """For good."""
    await fail(store, "late", "{}", Cause.TIMEOUT)
    await fail(store, "1", "{}")
    wrong = chosen(causes=frozenset({Cause.INVALID}))
    assert await count(store.ledger, wrong) == 1
    assert await discard(store.ledger, wrong) == 1
    assert [failure.id async for failure in each(store.ledger, chosen())] == ["late"]
