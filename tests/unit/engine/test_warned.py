from worker.engine.warned import Kind, Warned
from worker.events import JobWarned
from worker.job import Lane
from worker.outcome import Fault

LANE = Lane("shop", "createOrder", "tenant-7")


def _fault(pointer: str, rule: str = "minimum") -> Fault:
    return Fault(pointer, "body", rule, "0 is less than 1")


def test_jobs_are_counted_once_for_each_kind_of_their_faults() -> None:
    """However many items of a list have it, and whatever the key of their lane."""
    warned = Warned()
    both = (_fault("#/body/items/0/qty"), _fault("#/body/items/1/qty"), _fault("#/body/sku", "required"))
    warned.add(JobWarned("1", LANE, both, accepted=True))
    warned.add(JobWarned("2", LANE._replace(key=None), (_fault("#/body/items/7/qty"),), accepted=False))
    assert (warned.would_refuse, warned.accepted) == (2, 1)
    assert [(kind, count.would_refuse, count.accepted) for kind, count in warned.counts] == [
        (Kind("shop", "createOrder", "#/body/items/*/qty", "minimum"), 2, 1),
        (Kind("shop", "createOrder", "#/body/sku", "required"), 1, 1),
    ]


def test_what_programs_read_names_each_kind() -> None:
    """With an example; what was not counted apart is told only where there is something."""
    warned = Warned()
    warned.add(JobWarned("1", LANE, (_fault("#/body/qty"),), accepted=True))
    group = {"api": "shop", "operation": "createOrder", "pointer": "#/body/qty", "rule": "minimum"}
    counts = {"would_refuse": 1, "accepted": 1}
    assert warned.json == {**counts, "groups": [{**group, **counts, "example": "0 is less than 1"}]}


def test_the_memory_does_not_grow_with_names_that_are_data() -> None:
    """What comes beyond a thousand kinds is counted together."""
    warned = Warned()
    for number in range(1010):
        warned.add(JobWarned(str(number), LANE, (_fault(f"#/body/name-{number}"),), accepted=True))
    assert len(warned.counts) == 1000
    assert (warned.would_refuse, warned.accepted, warned.beyond) == (1010, 1010, 10)
    assert warned.json["beyond"] == 10
