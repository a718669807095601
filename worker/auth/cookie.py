"""One ``Cookie`` header of several."""


def joined(*weakest_first: str) -> str:
    """One header of several; a cookie of a stronger one wins over those of its name in the weaker."""
    pairs: list[str] = []
    taken: set[str] = set()
    for cookie in reversed(weakest_first):
        kept = [pair for pair in cookie.split("; ") if pair and pair.partition("=")[0] not in taken]
        taken |= {pair.partition("=")[0] for pair in kept}
        pairs = kept + pairs
    return "; ".join(pairs)
