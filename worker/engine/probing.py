"""Asks an API whether a request arrived whose answer was lost."""

import re
from collections.abc import Mapping
from typing import Any, Final

from worker.engine.api import Api
from worker.engine.sending import Sender, Sent
from worker.job import UNSET, Job
from worker.outcome import Answer, Refuse, Released
from worker.settings.probe import ProbeSettings
from worker.stages import judge
from worker.stages.dispatch import compose
from worker.stages.pace import Slot
from worker.stages.validate import validate

_BRACES: Final = re.compile(r"\{([^{}]*)\}")


class Prober:
    """Sends the request that the config names for an operation; it is paced, signed and judged like any other."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def arrived(self, api: Api, case: judge.Case, slot: Slot) -> bool | Released | None:
        """Whether a job's request arrived; None where nobody can tell, Released where it cannot be asked now."""
        probe = api.probes.get(case.job.operation)
        if probe is None:
            return None
        asked = question(case.job, probe)
        checked = validate(asked, api.contract, "enforce")
        if isinstance(checked, Refuse):
            return None
        request = compose(asked, checked, api.to(asked.key))
        operation = checked.endpoint.operation
        asking = case._replace(job=asked, operation=operation, request=request, policy=api.policies[operation.name])
        sent = await self._sender.ask(api, asking, slot)
        if not isinstance(sent, Sent):
            return sent if isinstance(sent, Released) else None
        if isinstance(sent.judgement.outcome, Released):
            return sent.judgement.outcome
        if not isinstance(sent.reply, Answer):
            return None
        return True if sent.reply.status in probe.found else False if sent.reply.status in probe.missing else None


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
