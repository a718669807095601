"""Callbacks are jobs like others: each URL of ``[apis.NAME.callbacks]`` becomes an API with one operation."""

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from worker.settings.api import ApiSettings
from worker.settings.auth import NoAuth, StandardWebhooksAuth
from worker.settings.operation import OperationSettings

DELIVERED: Final = "job.delivered"
FAILED: Final = "job.failed"

#: Standard Webhooks: the same over all tries, so that a receiver knows what it has seen.
_ID_HEADER: Final = "webhook-id"


def callback_api(api: str, event: str) -> str:
    """The name of what hears of an event of an API's jobs; it has a dot, which no API of the user's may have."""
    return f"{api}.{'on_delivered' if event == DELIVERED else 'on_failed'}"


def is_callback_api(name: str) -> bool:
    """Whether an API hears of other jobs: nobody submits jobs to it."""
    return "." in name


def with_callbacks(apis: Mapping[str, ApiSettings]) -> dict[str, ApiSettings]:
    """APIs, and what hears of their jobs."""
    return {**apis, **{one.name: one for api in apis.values() for one in _callbacks(api)}}


def _callbacks(api: ApiSettings) -> Iterator[ApiSettings]:
    told = api.callbacks
    for event, url in ((DELIVERED, told.on_delivered), (FAILED, told.on_failed)):
        if url is None:
            continue
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        operation = OperationSettings(
            event,
            method="POST",
            path=path.replace("{", "%7B").replace("}", "%7D"),  # a URL is no template
            body={"type": "object"},
            answers=("application/json", "text/html"),  # what receivers say when they mean yes is of no interest
        )
        yield ApiSettings(
            callback_api(api.name, event),
            base_url=f"{parts.scheme}://{parts.netloc}",
            operations={event: operation},
            auth=NoAuth() if told.secret is None else StandardWebhooksAuth(told.secret),
            idempotency_header=_ID_HEADER,
            allow_private=api.allow_private,
        )
