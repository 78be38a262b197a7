"""
UCI Online Shoppers (CC BY 4.0; Sakar et al. 2018) for purchase_intent: a table of features, no events.

The file knows months, not days, and its rows are in no order. So a month is written as a day: what the
contract says about days then splits months. PageValues is computed from completed transactions, which gives
part of the answer away: shops have it, and a model that is to work without it is measured without it.
"""

import csv
import gzip
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from domain.contract import Contract
from domain.evaluation import Point
from training import search, split
from training.purchase_intent import recipe
from training.purchase_intent.contract import CONTRACT
from training.purchase_intent.evaluate import majority
from training.purchase_intent.sessions import Sessions
from training.recipe import Outcomes

FILE = "online-shoppers/online_shoppers_intention.csv.gz"
MONTHS = ("Feb", "Mar", "May", "June", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # the others are not there
DAY_MS = 24 * 3600 * 1000

NUMBERS = (
    "Administrative",
    "Administrative_Duration",
    "Informational",
    "Informational_Duration",
    "ProductRelated",
    "ProductRelated_Duration",
    "BounceRates",
    "ExitRates",
    "PageValues",
    "SpecialDay",
    "OperatingSystems",
    "Browser",
    "Region",
    "TrafficType",
)
KINDS = {"VisitorType": ("New_Visitor", "Returning_Visitor"), "Weekend": ("TRUE",)}
FEATURES = (*NUMBERS, *(f"{column}={value}" for column, values in KINDS.items() for value in values))
# who looks at more products for longer is no less likely to buy; who leaves at once is
RISING = ("ProductRelated", "ProductRelated_Duration", "PageValues")
FALLING = ("BounceRates", "ExitRates")

SHOPPERS = replace(CONTRACT, test_days=2, validation_days=3, validation_sessions=10_000)


@dataclass(frozen=True, kw_only=True)
class Result:
    outcomes: Outcomes  # of November and December
    majority: Outcomes
    points: tuple[Point, ...]  # tried on August to October, the best first


def read(path: Path, *, page_values: bool) -> Sessions:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: MONTHS.index(row["Month"]))
    features = tuple(name for name in FEATURES if page_values or name != "PageValues")
    month_S = np.array([MONTHS.index(row["Month"]) for row in rows], dtype=np.int64) * DAY_MS
    nothing = np.full(len(rows), "", dtype=object)
    return Sessions(
        features=features,
        rising=tuple(name for name in RISING if name in features),
        falling=FALLING,
        x_NF=np.array([[_number(row, name) for name in features] for row in rows]),
        key_S=np.arange(len(rows)).astype(object),
        site_S=nothing,
        is_returning_S=np.array([row["VisitorType"] == "Returning_Visitor" for row in rows]),
        length_S=np.ones(len(rows), dtype=np.int64),
        bought_S=np.array([row["Revenue"] == "TRUE" for row in rows]),
        started_at_S=month_S,
        ended_at_S=month_S,
        events_S=nothing,
    )


def _number(row: dict[str, str], feature: str) -> float:
    column, _, kind = feature.partition("=")
    return float(row[column] == kind) if kind else float(row[column])


def measured(sessions: Sessions, *, contract: Contract = SHOPPERS, seed: int = 1) -> Result:
    """Parameters chosen on August to October, a model of February to October tested on what came after."""
    past, test = split.by_days(sessions, days=contract.test_days)
    with TemporaryDirectory() as name:
        folder = Path(name)
        points = search.search(contract, recipe, past, seed=seed, checkpoints=folder / "points")
        (artifact := folder / "model").mkdir()
        recipe.fit(past, artifact, parameters=points[0].parameters, seed=seed)
        return Result(outcomes=recipe.outcomes(artifact, test), majority=majority(past, test), points=points)
