"""The second stage: do we have a credential that the API will accept?"""

from typing import Final

from worker.auth.credential import Credential
from worker.clock import to_rfc3339
from worker.outcome import Cause, Problem, Refuse

#: A token this close to its end may have expired when it arrives.
_LEEWAY_S: Final = 2.0


def authorise(credential: Credential, now: float) -> Refuse | None:
    """Refuse a job whose credential has expired; ``now`` in epoch seconds."""
    expires_at = credential.expires_at
    if expires_at is None or now + _LEEWAY_S < expires_at:
        return None
    detail = f"the token of {credential.origin} expired at {to_rfc3339(expires_at)}; renew it, then replay these jobs"
    return Refuse(Problem(Cause.UNAUTHORISED, "authorise", "the credential has expired", detail, retryable=True))
