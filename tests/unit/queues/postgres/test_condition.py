"""What figures of a PostgreSQL server mean, where no server of a test comes to have them."""

from datetime import date

import pytest

from worker.finding import Finding
from worker.queues.postgres.condition import Condition, Days, Server, Slot, findings_of

WELL = Server("18.1", True, True, True, True, 97, 5, 50_000_000, 1)  # noqa: FBT003 - a row
DAYS = Days([], allowed=True)


def found(check: str, server: Server = WELL, slots: tuple[Slot, ...] = (), days: Days = DAYS) -> list[Finding]:
    """What one check says."""
    findings = findings_of(Condition(server, 1, [], [], slots, days), "preflight", 0.0)
    return [finding for finding in findings if finding.check == check]


@pytest.mark.parametrize(
    ("version", "severity", "remedy"),
    [(0, "problem", "stop all workers, then: preflight queue migrate"), (1, "ok", None), (2, "problem", "upgrade")],
)
def test_tables_have_to_be_of_the_version_that_is_known(version: int, severity: str, remedy: str | None) -> None:
    """Older ones are migrated; for newer ones this Preflight is too old."""
    (finding,) = found("tables", WELL._replace(tables=version))

    assert finding.severity == severity
    assert (finding.remedy is None) == (remedy is None)
    assert (finding.remedy or "").startswith(remedy or "")


def test_a_server_that_writes_half_pages_may_lose_everything() -> None:
    """Unless its disk does not."""
    (finding,) = found("durability", WELL._replace(full_page_writes=False))

    assert (finding.severity, finding.detail.split(":")[0]) == ("problem", "full_page_writes is off")


@pytest.mark.parametrize(
    ("slot", "severity"),
    [
        (Slot("copy", active=True, keeps_rows=False, kept_bytes=10), "ok"),
        (Slot("copy", active=False, keeps_rows=False, kept_bytes=10), "ok"),
        (Slot("copy", active=True, keeps_rows=True, kept_bytes=10), "ok"),
        (Slot("copy", active=False, keeps_rows=True, kept_bytes=10), "warning"),
        (Slot("copy", active=False, keeps_rows=False, kept_bytes=2_000_000_000), "warning"),
        (Slot("copy", active=True, keeps_rows=False, kept_bytes=2_000_000_000), "warning"),
    ],
)
def test_a_slot_that_nobody_reads_fills_the_disk(slot: Slot, severity: str) -> None:
    """Or keeps dead rows; one that is read as it should be does neither."""
    (finding,) = found("replication", slots=(slot,))

    assert finding.severity == severity
    assert ("pg_drop_replication_slot('copy')" in (finding.remedy or "")) == (severity == "warning")


def test_a_day_that_the_first_delivery_makes_is_no_problem() -> None:
    """It is named, so that nobody wonders."""
    (finding,) = found("days", days=Days([date(2026, 1, 5)], allowed=True))

    assert (finding.severity, finding.remedy) == ("ok", None)
    assert finding.detail == "results of 2026-01-05 get their partition with the first delivery"
