"""The second stage: do we have a credential that the API will accept?"""

from worker.auth.credential import Credential
from worker.auth.expiry import expired
from worker.outcome import Cause, Problem, Refuse


def authorise(credential: Credential, now: float) -> Refuse | None:
    """Refuse a job whose credential has expired; ``now`` in epoch seconds."""
    ended = expired(credential.origin, credential.expires_at, now)
    if ended is None:
        return None
    detail = f"{ended}; renew it, then replay these jobs"
    return Refuse(Problem(Cause.UNAUTHORISED, "authorise", "the credential has expired", detail, retryable=True))
