"""The settings: from ``preflight.toml``, the environment and the command line to frozen, checked values."""

from worker.settings.load import load
from worker.settings.secret import Secret
from worker.settings.sections import (
    ApiKeyAuth,
    ApiSettings,
    AuthSettings,
    BasicAuth,
    BearerAuth,
    LimitSettings,
    NoAuth,
    OperationSettings,
    QueueSettings,
    RetrySettings,
    Settings,
    WorkerSettings,
)

__all__ = [
    "ApiKeyAuth",
    "ApiSettings",
    "AuthSettings",
    "BasicAuth",
    "BearerAuth",
    "LimitSettings",
    "NoAuth",
    "OperationSettings",
    "QueueSettings",
    "RetrySettings",
    "Secret",
    "Settings",
    "WorkerSettings",
    "load",
]
