import pytest

from worker.limits.throttle import credential_refused, throttled
from worker.settings.predicate import Said, parse
from worker.settings.profile import Profile

VENDOR = Profile(
    "vendor",
    throttled=parse("status == 403 and header:x-left == 0"),
    unauthorised=parse('status == 403 or status == 400 and body:/code == "bad_key"'),
)


@pytest.mark.parametrize(
    ("status", "body", "left", "meaning"),
    [
        (429, b"", "1", "throttled"),
        (403, b"", "0", "throttled"),
        (403, b"", "1", "refused"),
        (401, b"", "1", "refused"),
        (400, b'{"code": "bad_key"}', "1", "refused"),
        (400, b'{"code": "bad_value"}', "1", "neither"),
        (400, b"\xff{", "1", "neither"),
        (200, b"", "0", "neither"),
    ],
)
def test_a_throttle_is_no_refused_credential(status: int, body: bytes, left: str, meaning: str) -> None:
    """The same status may be either: a profile tells them apart, and the throttle goes first."""
    said = Said(status, {"x-left": left}, body)
    assert throttled(said, VENDOR) is (meaning == "throttled")
    assert credential_refused(said, VENDOR) is (meaning == "refused")


def test_without_a_profile_the_status_alone_decides() -> None:
    """429 and 401; a 403 may be about anything."""
    meanings = {
        status: (throttled(Said(status, {}, b""), None), credential_refused(Said(status, {}, b""), None))
        for status in (200, 401, 403, 429)
    }
    assert meanings == {200: (False, False), 401: (False, True), 403: (False, False), 429: (True, False)}
