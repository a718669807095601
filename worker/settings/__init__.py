"""The settings: from ``preflight.toml``, the environment and the command line to frozen, checked values."""

from worker.settings.api import (
    ApiSettings,
    DriftSettings,
    LimitSettings,
    OperationSettings,
    RetrySettings,
    Validation,
)
from worker.settings.auth import (
    AUTH_TYPES,
    ApiKeyAuth,
    AuthSettings,
    BasicAuth,
    BearerAuth,
    NoAuth,
)
from worker.settings.load import load
from worker.settings.secret import Secret
from worker.settings.settings import (
    QueueSettings,
    Settings,
    WorkerSettings,
)

__all__ = [
    "AUTH_TYPES",
    "ApiKeyAuth",
    "ApiSettings",
    "AuthSettings",
    "BasicAuth",
    "BearerAuth",
    "DriftSettings",
    "LimitSettings",
    "NoAuth",
    "OperationSettings",
    "QueueSettings",
    "RetrySettings",
    "Secret",
    "Settings",
    "Validation",
    "WorkerSettings",
    "load",
]
