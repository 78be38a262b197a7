import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from domain.evaluation import Estimate, Evaluation
from tests.evaluations import CONTRACT, GOOD, beside_champion, sure
from training import card
from training.chart import Line, dots


class Balanced(HTMLParser):
    """Every tag that is opened is closed, in order."""

    EMPTY = ("meta", "br", "line", "circle", "!doctype")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("evaluation", [GOOD, beside_champion(sure(0.1)), beside_champion(None)])
def test_a_card_is_one_page_that_needs_nothing_else(evaluation: Evaluation):
    page = card.page(CONTRACT, evaluation)

    assert page.startswith("<!doctype html>")
    assert Balanced(page).open == []
    assert not re.search(r"(src|href)=", page)
    assert "<script" not in page


def test_a_card_says_what_a_reader_must_know():
    page = card.page(CONTRACT, GOOD)

    for said in (
        CONTRACT.question,
        CONTRACT.owner,
        CONTRACT.intended_use,
        *CONTRACT.limits,
        *(metric.meaning for metric in CONTRACT.metrics),
        *(check.meaning for check in CONTRACT.checks),
        "0.300  (0.290 to 0.310)",
        "sock: 2 sessions looked at it",
        "0.0008 US dollars",
        "no model was in use",
        "snapshot-1",
    ):
        assert said in page


def test_what_came_from_clients_is_text_and_no_html():
    page = card.page(CONTRACT, GOOD)

    assert "&lt;hat&gt;" in page
    assert "<hat>" not in page


def test_a_champion_is_shown_or_why_there_is_no_comparison():
    assert "the 2,000 sessions that neither had learned from" in card.page(
        CONTRACT, beside_champion(sure(0.1))
    )
    assert "30 are needed" in card.page(CONTRACT, beside_champion(None))


def test_what_failed_and_what_leaked_stands_out():
    page = card.page(CONTRACT, replace(GOOD, leaks=("x is y",), checks={**GOOD.checks, "diversity": 0.0}))

    assert page.count("<b class='bad'>failed</b>") == 1
    assert re.search(r"class='bad'><ul><li>x is y", page)


def test_dots_lie_on_a_common_scale_from_the_lowest_end_to_the_highest():
    drawn = dots(
        [
            Line(label="wide", estimate=Estimate(value=0.5, low=0.0, high=1.0)),
            Line(label="sure", estimate=Estimate(value=1.0, low=1.0, high=1.0)),
        ]
    )

    left, right = 220, 600
    assert re.findall(r'cx="([\d.]+)"', drawn) == [f"{(left + right) / 2:.1f}", f"{right:.1f}"]
    assert f'x1="{left:.1f}" x2="{right:.1f}"' in drawn


def test_a_mark_below_zero_has_its_place():
    drawn = dots([Line(label="lead", estimate=sure(0.1))], mark=-0.1, mark_label="needed")

    assert 'class="mark" x1="220.0"' in drawn
    assert ">needed</text>" in drawn
