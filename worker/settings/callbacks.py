"""``[apis.NAME.callbacks]``."""

# ruff: noqa: RUF009 - setting() and sections() return a dataclasses.field, which is meant to be made once

from dataclasses import dataclass

from worker.settings import kinds, web
from worker.settings.about import setting
from worker.settings.secret import Secret


@dataclass(frozen=True, slots=True)
class CallbackSettings:
    """``[apis.NAME.callbacks]``: who is told, by POST, what became of a job; each is itself a job, with retries.

    Attributes:
        on_delivered: URL; None tells nobody.
        on_failed: URL, for jobs that are dead or parked; None tells nobody.
        secret: signs what is told (Standard Webhooks).
    """

    on_delivered: str | None = setting(web.Url(), "unset: nobody is told of jobs that were delivered", None)
    on_failed: str | None = setting(web.Url(), "unset: nobody is told of jobs that are dead or parked", None)
    secret: Secret | None = setting(
        kinds.SecretText(), "unset: not signed; else as Standard Webhooks do; write ${env:NAME} or ${file:PATH}", None
    )
