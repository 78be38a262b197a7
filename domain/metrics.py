"""
How good a ranking is, from the place where each right answer stood. Evaluation and live monitoring call it.

A rank is 1 for the best place and None for a miss. An item without a score is a miss, also where fewer items
than places were scored: counting such ties as hits once lifted a hit rate from 0.62 to 0.75.
"""

from collections.abc import Sequence

Rank = int | None


def rank_of(label: str, ranking: Sequence[str]) -> Rank:
    """The place of *label* in *ranking*, which is best first and without duplicates."""
    return ranking.index(label) + 1 if label in ranking else None


def hit_rate(ranks: Sequence[Rank]) -> float:
    """Share of right answers that stood anywhere in their ranking: 0..1."""
    return sum(rank is not None for rank in ranks) / len(ranks)


def mean_reciprocal_rank(ranks: Sequence[Rank]) -> float:
    """Mean of 1 / rank, a miss counts 0: 1 where every right answer stood first."""
    return sum(1 / rank for rank in ranks if rank is not None) / len(ranks)
