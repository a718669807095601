"""The settings: from ``preflight.toml``, the environment and the command line to frozen, checked values."""

from worker.settings.api import ApiSettings
from worker.settings.auth import (
    AUTH_TYPES,
    ApiKeyAuth,
    AuthSettings,
    BasicAuth,
    BearerAuth,
    HmacAuth,
    MtlsAuth,
    NoAuth,
    OAuth2Auth,
    StandardWebhooksAuth,
)
from worker.settings.breaker import BreakerSettings
from worker.settings.callbacks import CallbackSettings
from worker.settings.drift import DriftSettings
from worker.settings.limits import LimitSettings
from worker.settings.load import load
from worker.settings.operation import OperationSettings, Validation
from worker.settings.predicate import Place, Predicate, Said
from worker.settings.probe import ProbeSettings
from worker.settings.retry import RetrySettings
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
    "BreakerSettings",
    "CallbackSettings",
    "DriftSettings",
    "HmacAuth",
    "LimitSettings",
    "MtlsAuth",
    "NoAuth",
    "OAuth2Auth",
    "OperationSettings",
    "Place",
    "Predicate",
    "ProbeSettings",
    "QueueSettings",
    "RetrySettings",
    "Said",
    "Secret",
    "Settings",
    "StandardWebhooksAuth",
    "Validation",
    "WorkerSettings",
    "load",
]
