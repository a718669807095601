"""What each API's contract and credentials have to say."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from worker.auth import certificate, client_certificate, credential
from worker.clock import to_rfc3339
from worker.contract.contract import Contract
from worker.errors import UsageError
from worker.finding import Finding
from worker.service.documents import base_url, contracts
from worker.settings import ApiSettings, AuthSettings, MtlsAuth, NoAuth, OAuth2Auth, Settings

_DAY_S: Final = 86_400.0
_SOON_S: Final = 14 * _DAY_S  # a certificate takes days to get
_TOKEN_SOON_S: Final = 3_600.0  # tokens are short-lived; one that ends within the hour stops this run
_NAMED: Final = 3  # operations that are named


def examine(settings: Settings, now: float) -> Iterator[Finding]:
    """Prepare every contract and look at every credential; nothing is fetched or kept. ``now`` is in epoch seconds."""
    for name, api in settings.apis.items():
        try:
            found = contracts(replace(settings, apis={name: api}), None)[name]
            base_url(api, found)
            yield _contract(name, api, found)
        except UsageError as error:
            yield Finding("problem", "contract", f"{name}: {error}", "correct it: no worker starts before")
        for section, auth in _credentials(name, api):
            yield _credential(section, auth, now)


def _contract(name: str, api: ApiSettings, found: Contract) -> Finding:
    endpoints = [endpoint for one in found.operations if (endpoint := found.endpoint(one)) is not None]
    operations = [endpoint.operation for endpoint in endpoints]
    detail = f"{name}: {len(operations):,} operations"
    if not operations:
        return Finding("warning", "contract", detail, "every job is refused: is it the right document?")
    if unusable := [one.name for one in operations if one.unusable is not None]:
        remedy = f"jobs for them are refused: preflight contract lint {api.contract}"
        return Finding("warning", "contract", f"{detail}; cannot be used: {_some(unusable)}", remedy)
    access = found.access
    if access is not None and (locked := [one.name for one in operations if access.faults(one, (), ())]):
        remedy = f"configure the credential in [apis.{name}.auth], unless jobs bring their own"
        return Finding(
            "warning", "contract", f"{detail}; ask for a credential that is missing: {_some(locked)}", remedy
        )
    return Finding("ok", "contract", f"{detail}, which can be used")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _credentials(name: str, api: ApiSettings) -> Iterator[tuple[str, AuthSettings]]:
    yield f"apis.{name}.auth", api.auth
    for key, auth in api.credentials.items():
        yield f"apis.{name}.credentials.{key}", auth


def _credential(section: str, auth: AuthSettings, now: float) -> Finding:
    try:
        made = credential.from_settings(auth)
        ends_at = _certificate_ends_at(auth) if isinstance(auth, MtlsAuth) else made.expires_at
    except (UsageError, OSError, ValueError) as error:
        return Finding("problem", "credential", f"{section}: {error}", "correct it, or get a new one")
    if isinstance(auth, NoAuth):
        return Finding("ok", "credential", f"{section}: none")
    if isinstance(auth, OAuth2Auth):
        return Finding("ok", "credential", f"{section}: {made.origin}; its token is fetched when it is needed")
    return ending(f"{section}: {made.origin}", ends_at, now, _SOON_S if isinstance(auth, MtlsAuth) else _TOKEN_SOON_S)


def _certificate_ends_at(auth: MtlsAuth) -> float:
    client_certificate.tls(auth)  # that it can be shown at all
    return certificate.ends_at(auth.certificate.read_text("ascii", "replace"))


def ending(what: str, ends_at: float | None, now: float, soon_s: float) -> Finding:
    """Whether a credential has ended, or ends within ``soon_s``; times are epoch seconds."""
    if ends_at is None:
        return Finding("ok", "credential", f"{what}; it does not say when it ends")
    moment = to_rfc3339(ends_at)
    if ends_at <= now:
        return Finding("problem", "credential", f"{what} expired at {moment}", "get a new one; nothing is sent before")
    if ends_at <= now + soon_s:
        return Finding("warning", "credential", f"{what} expires at {moment}", "get a new one before")
    return Finding("ok", "credential", f"{what} is good until {moment}")
