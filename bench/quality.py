"""
How good the models are on real data beside what others would use, and what that costs. bench.models shows it.

Parameters are chosen on the validation days alone; what is shown are the days after them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np

from bench import bol_clicks, online_retail, online_shoppers, rees46
from bench.measure import cpu_seconds
from bench.yardsticks import ItemKnn, VmisKnn
from domain.contract import Contract
from domain.evaluation import Estimate
from training import search, split
from training.intervals import Draws
from training.next_item import evaluate as looks
from training.next_item import recipe as next_item
from training.next_item.contract import CONTRACT as NEXT_ITEM
from training.next_item.covisitation import Covisitation
from training.next_item.predict import Model
from training.next_item.sessions import Sessions
from training.purchase_intent import evaluate as intent
from training.purchase_intent import recipe as purchase_intent
from training.purchase_intent.contract import CONTRACT as PURCHASE_INTENT
from training.purchase_intent.fit import grow
from training.purchase_intent.sessions import Sessions as Shoppers
from training.recipe import D, Measure, Outcomes, Parameters, Recipe
from training.top_items import evaluate as baskets
from training.top_items import recipe as top_items
from training.top_items.contract import CONTRACT as TOP_ITEMS
from training.top_items.facts import Facts

SEED = 1
LEARNED_SHARE = 0.65  # of the hours of REES46: by sessions, in the order in which they began
T = TypeVar("T")

YARDSTICKS: Mapping[str, Callable[[Sessions], Any]] = {
    "item-kNN": ItemKnn,
    "co-visitation": Covisitation,
    "VMIS-kNN": VmisKnn,
}
# customers of Online Retail order every three weeks (the median): a week would show only some of them
BASKETS = replace(TOP_ITEMS, test_days=28, validation_days=28)


@dataclass(frozen=True, kw_only=True)
class Row:
    data: str
    model: str
    metrics: Mapping[str, Estimate]
    fit_cpu_seconds: float
    answer_cpu_us: float


@dataclass(frozen=True, kw_only=True)
class Contest:
    """Who is measured on the same predictions, by the same metrics."""

    data: str
    measures: Mapping[str, Measure]
    draws: Draws

    def row(self, model: str, learn: Callable[[], T], predict: Callable[[T], Outcomes]) -> Row:
        started = cpu_seconds()
        learned = learn()
        fitted = cpu_seconds()
        outcomes = predict(learned)
        predicted = cpu_seconds()
        return Row(
            data=self.data,
            model=model,
            metrics={name: self.draws.estimate(measure, outcomes) for name, measure in self.measures.items()},
            fit_cpu_seconds=round(fitted - started, 2),
            answer_cpu_us=round((predicted - fitted) / len(outcomes.session_P) * 1e6, 1),
        )

    def ours(self, contract: Contract, recipe: Recipe[D], past: D, test: D, parameters: Parameters) -> Row:
        with TemporaryDirectory() as name:
            folder = Path(name)
            return self.row(
                contract.model,
                lambda: recipe.fit(past, folder, parameters=parameters, seed=SEED),
                lambda _: recipe.outcomes(folder, test),
            )


def chosen(contract: Contract, recipe: Recipe[D], past: D) -> Parameters:
    """Those that do best on the last validation days of the *past*."""
    with TemporaryDirectory() as name:
        points = search.search(contract, recipe, past, seed=SEED, checkpoints=Path(name) / "points")
        return points[0].parameters


def rows(data: Path) -> Iterator[Row]:
    yield from _next_item(data)
    for page_values in (True, False):
        yield from _shoppers(data, page_values=page_values)
    yield from _events(data)
    yield from _top_items(data)


def _next_item(data: Path) -> Iterator[Row]:
    clicks = bol_clicks.read(data / bol_clicks.TRAIN)
    past, test = split.by_days(clicks, days=NEXT_ITEM.test_days)
    contest = Contest(data="bol, last 3 days", measures=looks.MEASURES, draws=Draws.of(len(test), seed=SEED))
    yield from _rankers(contest, past, test)
    yield contest.ours(NEXT_ITEM, next_item, past, test, chosen(NEXT_ITEM, next_item, past))

    both = bol_clicks.read(data / bol_clicks.TRAIN, data / bol_clicks.VALID)
    is_train_S = np.array([key.startswith(Path(bol_clicks.TRAIN).name) for key in both.key_S])
    train, next_day = both.where(is_train_S), both.where(~is_train_S)
    contest = Contest(
        data="bol, the day after", measures=looks.MEASURES, draws=Draws.of(len(next_day), seed=SEED)
    )
    yield contest.ours(NEXT_ITEM, next_item, train, next_day, chosen(NEXT_ITEM, next_item, train))


def _rankers(contest: Contest, past: Sessions, test: Sessions) -> Iterator[Row]:
    with TemporaryDirectory() as name:
        next_item.fit(past, Path(name), parameters=NEXT_ITEM.search.first, seed=SEED)
        model = Model(Path(name))  # says which items were known, and what is popular
        yield contest.row(
            "popularity",
            lambda: model.popular(k=looks.K),
            lambda popular: looks.of_ranker(lambda _: popular, model, test),
        )
        for other, make in YARDSTICKS.items():
            yield _ranker(contest, other, make, model, past, test)


def _ranker(
    contest: Contest,
    name: str,
    make: Callable[[Sessions], Any],
    model: Model,
    past: Sessions,
    test: Sessions,
) -> Row:
    return contest.row(
        name,
        lambda: make(past),
        lambda made: looks.of_ranker(lambda item_ids: made.suggested(item_ids, k=looks.K), model, test),
    )


def _shoppers(data: Path, *, page_values: bool) -> Iterator[Row]:
    contract = online_shoppers.SHOPPERS
    shoppers = online_shoppers.read(data / online_shoppers.FILE, page_values=page_values)
    past, test = split.by_days(shoppers, days=contract.test_days)
    contest = Contest(
        data=f"Online Shoppers{'' if page_values else ', no PageValues'}",
        measures=intent.MEASURES,
        draws=Draws.of(len(test), seed=SEED),
    )
    yield contest.row("majority", lambda: past, lambda past: intent.majority(past, test))
    yield contest.ours(contract, purchase_intent, past, test, chosen(contract, purchase_intent, past))
    yield contest.row(
        "LightGBM",
        lambda: grow(past, parameters=contract.search.first, seed=SEED),
        lambda booster: _one_by_one(booster, test),
    )


def _events(data: Path) -> Iterator[Row]:
    """Too few days to choose parameters on: the first point it is."""
    sessions = rees46.read(data / rees46.FILE)
    past, test = split.at(sessions, int(np.quantile(sessions.started_at_S, LEARNED_SHARE)))
    contest = Contest(
        data=f"REES46, {int(test.bought_S.sum())} buyers",
        measures=intent.MEASURES,
        draws=Draws.of(len(test), seed=SEED),
    )
    yield contest.row("majority", lambda: past, lambda past: intent.majority(past, test))
    yield contest.row("last action", lambda: past, lambda past: intent.last_action(past, test))
    yield contest.ours(PURCHASE_INTENT, purchase_intent, past, test, PURCHASE_INTENT.search.first)


def _one_by_one(booster: Any, test: Shoppers) -> Outcomes:
    """As requests come."""
    probabilities = np.array([booster.predict(row_1F)[0] for row_1F in test.x_NF[:, None]])
    return intent.of_probabilities(test, probability_P=probabilities, uncalibrated_P=probabilities)


def _top_items(data: Path) -> Iterator[Row]:
    facts = online_retail.read(data / online_retail.FILE)
    past, test = split.by_days(facts, days=BASKETS.test_days)
    contest = Contest(
        data="Online Retail, last 28 days", measures=baskets.MEASURES, draws=Draws.of(len(test), seed=SEED)
    )
    first = BASKETS.search.first
    yield contest.row("popularity", lambda: _popular(past), lambda found: baskets.outcomes(found, test))
    yield contest.row(
        "bought before", lambda: baskets.bought_before(past), lambda found: baskets.outcomes(found, test)
    )
    with TemporaryDirectory() as name:
        yield contest.row(
            "item-kNN",
            lambda: top_items.fit(
                past, Path(name), parameters={**first, "own": 0.0, "anybody": 0.0}, seed=SEED
            ),
            lambda _: top_items.outcomes(Path(name), test),
        )
    yield contest.ours(BASKETS, top_items, past, test, chosen(BASKETS, top_items, past))


def _popular(past: Facts) -> baskets.Suggest:
    counts_I = np.bincount(past.item_S)
    return baskets.popularity([past.items[item] for item in np.argsort(-counts_I, kind="stable")])
