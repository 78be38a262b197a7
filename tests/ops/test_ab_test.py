from typing import Any

from domain.ab_test import Arm
from ops import ab_test


def row(arm: str, **other: Any) -> dict[str, Any]:
    return {"arm": arm, "answers": 4000, "fallbacks": 40, "took_ms": 1.0, **other}


def told(visitors: tuple[int, int], successes: tuple[int, int], **challenger: Any) -> str:
    arms = [
        Arm(name=name, share=0.5, visitors=count, successes=good)
        for name, count, good in zip(("champion", "challenger"), visitors, successes, strict=True)
    ]
    found = {"champion": row("champion"), "challenger": row("challenger", **challenger)}
    return " ".join(ab_test.told(*arms, found, effect=0.02))


def test_who_is_ahead_beyond_doubt_is_kept():
    assert "The challenger is better" in told((4000, 4000), (400, 520))
    assert "The champion is better" in told((4000, 4000), (520, 400))
    assert "Not decided" in told((4000, 4000), (400, 420))


def test_where_the_split_is_broken_nothing_is_said_of_who_is_ahead():
    text = told((4000, 3500), (400, 520))

    assert "The split is broken" in text
    assert "better" not in text


def test_a_guardrail_is_told_beside_a_lead():
    text = told((4000, 4000), (400, 520), fallbacks=800, took_ms=9.0)

    assert "20.0% of the answers are without the model, the champion's 1.0%" in text
    assert "an answer takes 9.0 ms, the champion's 1.0" in text
    assert "The challenger is better" in text
