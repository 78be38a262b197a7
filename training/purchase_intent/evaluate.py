"""
How purchase_intent and its baselines did on sessions that they have not seen. Recipe and bench call it.

Axes: P predictions, one after each event of each session, the same as the rows N of `sessions`.
"""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from training.purchase_intent import metrics
from training.purchase_intent.predict import Trees
from training.purchase_intent.sessions import Sessions, Texts
from training.recipe import Floats, Measure, NothingToEvaluate, Outcomes

LENGTHS = (1, 2, 5, 10)  # the most events of each part of the slice
PARTS = ("1", "2", "3 to 5", "6 to 10", "11 or more")


def _before_calibration(values: Mapping[str, Floats], weight_P: Floats) -> float:
    return metrics.calibration_error({**values, "probability": values["uncalibrated"]}, weight_P)


MEASURES: Mapping[str, Measure] = {
    "auc": metrics.area_under_roc,
    "average_precision": metrics.average_precision,
    "log_loss": metrics.log_loss,
    "calibration_error": metrics.calibration_error,
    "calibration_error_before": _before_calibration,  # calibration keeps the order, and so the bins
}


def outcomes(trees: Trees, sessions: Sessions) -> Outcomes:
    """
    Raises:
        NothingToEvaluate: there are not both, who bought and who did not.
    """
    log_odds_P = np.array([trees.log_odds(numbers) for numbers in sessions.x_NF.tolist()])
    return of_probabilities(
        sessions,
        probability_P=np.array([trees.calibrated(log_odds) for log_odds in log_odds_P.tolist()]),
        uncalibrated_P=1 / (1 + np.exp(-log_odds_P)),
    )


def of_probabilities(sessions: Sessions, *, probability_P: Floats, uncalibrated_P: Floats) -> Outcomes:
    if sessions.bought_S.all() or not sessions.bought_S.any():
        raise NothingToEvaluate(f"{int(sessions.bought_S.sum())} of {len(sessions)} test sessions bought")
    session_P = sessions.session_N
    return Outcomes(
        session_P=session_P,
        weight_P=sessions.weight_N,
        values={
            **metrics.values_of(probability_P, sessions.bought_N),
            "uncalibrated": uncalibrated_P,
        },
        slices={
            "session_length": np.array(PARTS, dtype=object)[np.searchsorted(LENGTHS, sessions.place_N)],
            "visitor": np.where(sessions.is_returning_S, "returning", "new").astype(object)[session_P],
            "site": sessions.site_S[session_P],
        },
    )


def majority(past: Sessions, sessions: Sessions) -> Outcomes:
    """The same for everybody."""
    probability_P = np.full(len(sessions.x_NF), past.bought_S.mean())
    return of_probabilities(sessions, probability_P=probability_P, uncalibrated_P=probability_P)


def last_action(past: Sessions, sessions: Sessions) -> Outcomes:
    """The share that bought after the same event, in the *past*; where it is new, the share of all."""
    weight: dict[str, float] = defaultdict(float)
    bought: dict[str, float] = defaultdict(float)
    for name, counts, has_bought in zip(
        _names(past), past.weight_N.tolist(), past.bought_N.tolist(), strict=True
    ):
        weight[name] += counts
        bought[name] += counts * has_bought
    share = {name: bought[name] / of for name, of in weight.items()}
    base_rate = float(past.bought_S.mean())
    probability_P = np.array([share.get(name, base_rate) for name in _names(sessions)])
    return of_probabilities(sessions, probability_P=probability_P, uncalibrated_P=probability_P)


def _names(sessions: Sessions) -> Texts:
    """The event after which each row is."""
    return np.array([event.name for events in sessions.events() for event in events], dtype=object)
