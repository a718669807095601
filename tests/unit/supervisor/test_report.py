"""What a worker process tells its supervisor arrives as it was said."""

from worker.engine.tally import RunTally
from worker.engine.warned import Warned
from worker.events import JobWarned
from worker.job import Lane, Scope, Standstill, Stop
from worker.outcome import Fault
from worker.supervisor.report import Ended, Report


def _tally(delivered: int, **refused: int) -> RunTally:
    warned = Warned()
    fault = Fault("#/body/qty", "body", "minimum", "0 is less than 1")
    for number in range(delivered):
        warned.add(JobWarned(f"j{number}", Lane("shop", "order"), (fault,), accepted=True))
    return RunTally(delivered, 2, 3, 4, 5, 6, 7, dict(refused), warned)


def test_a_report_is_one_line() -> None:
    """And the same after it was read."""
    stop = Stop(Scope("shop", "order", ""), Standstill.UNREACHABLE, "connection refused\n", 1.5, 2.5)
    report = Report(_tally(1, invalid=2), 3, 4, 5, "no answer", 6, Ended((stop,), warns=True, interrupted=True))
    assert report.line.count(b"\n") == 1
    assert Report.of(report.line) == report
    assert Report.of(Report().line) == Report()


def test_what_several_did_is_added_up() -> None:
    """Number by number, cause by cause, and fault by fault of what was warned of."""
    total = RunTally.total([_tally(1, invalid=2), _tally(2, invalid=3, missing=1), RunTally()])
    assert (total.delivered, total.dead, total.attempts, total.recovered) == (3, 4, 10, 14)
    assert total.refused == {"invalid": 5, "missing": 1}
    assert total.warned == _tally(3).warned
