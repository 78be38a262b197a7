"""
How good a ranking is, from the place where each right answer stood. Evaluation calls it.

A rank is 1 for the best place and None for a miss. An item without a score is a miss, also where fewer items
than places were scored: counting such ties as hits once lifted a hit rate from 0.62 to 0.75.
"""

from collections.abc import Sequence

Rank = int | None


def rank_of(label: str, ranking: Sequence[str]) -> Rank:
    """The place of *label* in *ranking*, which is best first and without duplicates."""
    return ranking.index(label) + 1 if label in ranking else None


def reciprocal(rank: Rank) -> float:
    """1 / rank, 0 for a miss: its mean is the mean reciprocal rank."""
    return 1 / rank if rank else 0.0
