"""For how long a job waits before it is tried again."""

from worker.settings import RetrySettings


def back_off_s(policy: RetrySettings, attempt: int, chance: float) -> float:
    """Exponential back-off with full jitter: anywhere between 0 and ``base * 2 ** (attempt - 1)``, capped.

    A schedule is kept to the letter; its last delay repeats.

    Args:
        policy: base and cap, or a schedule, in seconds.
        attempt: the number of the attempt that failed, from 1.
        chance: a number in [0, 1).
    """
    if policy.schedule_s:
        return policy.schedule_s[min(attempt, len(policy.schedule_s)) - 1]
    return chance * min(policy.cap_s, policy.base_s * 2.0 ** min(attempt - 1, 60))
