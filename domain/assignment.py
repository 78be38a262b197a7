"""
Which arm of a release answers a visitor: the same one at every request, whichever process takes it.
"""

from collections.abc import Sequence

from domain.layer import Arm

UNITS = 2**64


def fraction(test_id: str, client_id: str) -> float:
    """A visitor's place in 0..1, evenly spread; another test spreads the same visitors anew."""
    import hashlib  # only where a release has two arms: it is a tenth of a cold start

    text = f"{test_id}|{client_id}".encode(errors="surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest()[:8]) / UNITS


def arm_of(arms: Sequence[Arm], *, test_id: str, client_id: str) -> Arm:
    """The arm in whose share the visitor's place lies; the shares stand one after the other from 0."""
    answering = [arm for arm in arms if arm.share > 0]
    if len(answering) == 1:
        return answering[0]
    place = fraction(test_id, client_id)
    for arm in answering[:-1]:
        if place < arm.share:
            return arm
        place -= arm.share
    return answering[-1]
