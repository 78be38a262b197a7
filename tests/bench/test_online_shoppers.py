"""
purchase_intent on UCI Online Shoppers: it learns from February to October and is tested on the rest.

Nothing may be tuned on November and December; parameters are chosen on August to October.
"""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.online_shoppers import FILE, MONTHS, SHOPPERS, Result, measured, read
from training import split
from training.purchase_intent.evaluate import MEASURES

DATA = Path(os.environ.get("SKIFF_DATA", Path(__file__).parents[3] / "shared/data"))

pytestmark = pytest.mark.skipif(
    not (DATA / FILE).exists(), reason=f"{DATA / FILE} is missing; set SKIFF_DATA"
)

FIRST_POINT = replace(SHOPPERS, search=replace(SHOPPERS.search, points=1))


def metric(result: Result, name: str) -> float:
    return MEASURES[name](result.outcomes.values, result.outcomes.weight_P)


def test_the_last_two_months_are_the_test_and_the_three_before_them_the_validation():
    sessions = read(DATA / FILE, page_values=True)

    past, test = split.by_days(sessions, days=SHOPPERS.test_days)
    before, validation = split.by_days(past, days=SHOPPERS.validation_days)

    counted = [len(part) for part in (sessions, before, validation, test)]
    assert counted == [12_330, 6_175, 1_430, 4_725]
    assert np.isfinite(sessions.x_NF).all()
    assert len(MONTHS) == len(set(sessions.started_at_S.tolist()))


def test_with_all_features_buyers_are_told_apart_and_calibration_helps():
    result = measured(read(DATA / FILE, page_values=True), contract=FIRST_POINT)

    assert metric(result, "auc") >= 0.825
    assert metric(result, "calibration_error") < metric(result, "calibration_error_before") < 0.08


def test_without_page_values_they_are_told_apart_too():
    result = measured(read(DATA / FILE, page_values=False), contract=FIRST_POINT)

    assert metric(result, "auc") >= 0.685


@pytest.mark.prove
@pytest.mark.parametrize(("page_values", "least"), [(True, 0.825), (False, 0.685)])
def test_what_is_chosen_on_the_months_before_is_as_good(page_values: bool, least: float):
    result = measured(read(DATA / FILE, page_values=page_values))

    assert len(result.points) == SHOPPERS.search.points
    assert metric(result, "auc") >= least
