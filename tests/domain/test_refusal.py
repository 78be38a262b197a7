from typing import get_args

from domain.refusal import REASONS, Reason


def test_every_reason_is_explained_in_one_sentence() -> None:
    assert set(REASONS) == set(get_args(Reason))
    assert all(text.endswith(".") and text.count(". ") == 0 for text in REASONS.values())
