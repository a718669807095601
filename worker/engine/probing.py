"""Asks an API whether a request arrived whose answer was lost."""

import re
from collections.abc import Mapping
from typing import Any, Final

from worker.engine.api import Api
from worker.job import UNSET, Job
from worker.outcome import Answer, Refuse, Unread
from worker.settings.probe import ProbeSettings
from worker.stages.authorise import authorise
from worker.stages.dispatch import compose
from worker.stages.pace import Pace, Permit, Slot
from worker.stages.validate import validate

_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_NO_SLOT: Final = Slot(0.0, 0.0)  # long missed, so that one is asked for


class Prober:
    """Sends the request that the config names for an operation; it is paced like any other, and charged to no job."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace

    async def arrived(self, api: Api, job: Job, now: float) -> bool | None:
        """Whether a job's request arrived; None where nobody can tell.

        Args:
            api: of the job.
            job: whose request may have been sent.
            now: epoch seconds.
        """
        probe = api.probes.get(job.operation)
        if probe is None:
            return None
        asked = question(job, probe)
        checked = validate(asked, api.contract, "enforce")
        if isinstance(checked, Refuse) or authorise(api.destination.credential, now) is not None:
            return None
        request = compose(asked, checked, api.destination)
        permit = self._pace.at_once(asked.lane) or await self._pace.permit(asked, _NO_SLOT)
        if not isinstance(permit, Permit) or isinstance(request.body, Unread):
            return None
        reply = await api.transport.send(request)
        if not isinstance(reply, Answer):
            return None
        return True if reply.status in probe.found else False if reply.status in probe.missing else None


def question(job: Job, probe: ProbeSettings) -> Job:
    """The job that asks about another: the probe's params, with what they take from the job."""
    params = {name: _filled(value, job) for name, value in probe.params.items()}
    return Job(f"probe:{job.id}", job.api, probe.operation, params, key=job.key)


def _filled(value: Any, job: Job) -> Any:
    """A param with the job's values in its braces; one that is nothing but braces keeps the value's type."""
    if not isinstance(value, str):
        return value
    if whole := _BRACES.fullmatch(value):
        return _value(whole[1], job)
    return _BRACES.sub(lambda match: str(_value(match[1], job)), value)


def _value(place: str, job: Job) -> Any:
    head, *steps = place.split(".")
    here: Any = {"id": job.id, "key": job.key, "params": job.params, "body": None if job.body is UNSET else job.body}
    for step in (head, *steps):
        if isinstance(here, Mapping):
            here = here.get(step)
        elif isinstance(here, list) and step.isdecimal() and int(step) < len(here):
            here = here[int(step)]
        else:
            return None
    return here
