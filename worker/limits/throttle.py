"""Whether an answer means too many requests, or a refused credential: by its status, or as its vendor says."""

import http
from typing import Final

from worker.settings.predicate import Said
from worker.settings.profile import Profile

#: Plain numbers: a name of the enumeration is looked up anew for every answer.
_TOO_MANY: Final = http.HTTPStatus.TOO_MANY_REQUESTS.value
_UNAUTHORIZED: Final = http.HTTPStatus.UNAUTHORIZED.value


def throttled(said: Said, profile: Profile | None) -> bool:
    """Whether the API wants fewer requests: 429, and what the profile tells of besides (403, or 200 with an error)."""
    if said.status == _TOO_MANY:
        return True
    return profile is not None and profile.throttled is not None and profile.throttled.holds(said)


def credential_refused(said: Said, profile: Profile | None) -> bool:
    """Whether the API refuses the credential, not the job: 401, and what the profile tells of besides.

    A throttle is none, whatever its status.
    """
    refused = said.status == _UNAUTHORIZED or (
        profile is not None and profile.unauthorised is not None and profile.unauthorised.holds(said)
    )
    return refused and not throttled(said, profile)
