"""What the doctor says of stores on servers, and of how things stand with time."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from worker import service
from worker.clock import SystemClock
from worker.finding import Finding
from worker.service import doctor
from worker.settings import QueueSettings, Settings

if TYPE_CHECKING:
    from worker.finding import Severity


class AheadClock(SystemClock):
    """A machine whose wall clock was set wrongly."""

    def __init__(self, ahead_s: float) -> None:
        self._ahead_s = ahead_s

    def now(self) -> float:
        """Too late, or too early."""
        return super().now() + self._ahead_s


@pytest.mark.parametrize("fixture", ["postgres_schema", "valkey_prefix"])
@pytest.mark.parametrize(
    ("ahead_s", "severity", "said"),
    [(0.0, "ok", "this machine is "), (30.0, "warning", "30.0 s ahead of"), (-30.0, "warning", "30.0 s behind")],
)
async def test_a_clock_that_is_off_is_told(
    request: pytest.FixtureRequest, tmp_path: Path, fixture: str, ahead_s: float, severity: "Severity", said: str
) -> None:
    """Against that of the store's server."""
    settings = Settings(path=tmp_path / "preflight.toml", queue=QueueSettings(url=request.getfixturevalue(fixture)))
    async with service.open_store(settings, SystemClock()):
        pass  # its tables are made

    findings = await doctor.examine(settings, {"PREFLIGHT_CACHE_DIR": str(tmp_path)}, AheadClock(ahead_s))

    (clock,) = (one for one in findings if one.check == "clock")
    assert clock.severity == severity
    assert said in clock.detail


async def test_a_file_has_no_clock_of_its_own(tmp_path: Path) -> None:
    """All who work it are on one machine."""
    (tmp_path / "queue.db").touch()
    settings = Settings(path=tmp_path / "preflight.toml", queue=QueueSettings(url=f"sqlite:///{tmp_path}/queue.db"))

    findings = await doctor.examine(settings, {"PREFLIGHT_CACHE_DIR": str(tmp_path)}, AheadClock(30.0))

    assert [one for one in findings if one.check == "clock"] == []
    assert Finding("ok", "queue", f"sqlite:///{tmp_path}/queue.db can be reached") in findings
