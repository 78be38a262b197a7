"""
How good probabilities are: the metrics of the contract, and what they read. Evaluation calls them.

Axes: P predictions; T steps, the probabilities that there are, highest first; B bins of about equal weight.
"""

from collections.abc import Mapping

import numpy as np

from training.recipe import Booleans, Floats, Integers

BINS = 10
LEAST = 1e-15  # a probability of zero that comes true would cost without limit

Values = Mapping[str, Floats]


def values_of(probability_P: Floats, bought_P: Booleans) -> dict[str, Floats]:
    """
    What the metrics read. `step` is sorted out here, once: an interval asks for a metric hundreds of times.
    """
    _, step_P = np.unique(-probability_P, return_inverse=True)
    return {
        "probability": probability_P,
        "bought": bought_P.astype(np.float64),
        "step": step_P.astype(np.float64),
    }


def area_under_roc(values: Values, weight_P: Floats) -> float:
    """
    How often one who bought stands above one who did not; a tie counts half: 0.5 is chance.

    0.5 also where nobody bought, or everybody.
    """
    bought_T, rest_T = _steps(values, weight_P)
    pairs = bought_T.sum() * rest_T.sum()
    above_T = np.cumsum(bought_T) - bought_T / 2
    return float(rest_T @ above_T / pairs) if pairs else 0.5


def average_precision(values: Values, weight_P: Floats) -> float:
    """Mean over those who bought of the share of buyers at their place or above; the base rate is chance."""
    bought_T, rest_T = _steps(values, weight_P)
    total_T = np.cumsum(bought_T + rest_T)
    precision_T = np.cumsum(bought_T) / np.where(total_T, total_T, 1)
    return float(bought_T @ precision_T / bought_T.sum()) if bought_T.any() else 0.0


def log_loss(values: Values, weight_P: Floats) -> float:
    """Mean surprise in nats: the lower, the better."""
    likely_P = np.where(values["bought"] > 0, values["probability"], 1 - values["probability"])
    return float(np.average(-np.log(np.maximum(likely_P, LEAST)), weights=weight_P))


def calibration_error(values: Values, weight_P: Floats) -> float:
    """
    How far probabilities are from what happened, 0..1: the mean distance over the bins of `reliability`.

    Source: the expected calibration error of Naeini et al., AAAI 2015, with bins of equal weight in place of
    equal width: those are all but empty where most probabilities are small.
    """
    weight_B, predicted_B, happened_B = reliability(values, weight_P)
    return float(np.average(np.abs(predicted_B - happened_B), weights=weight_B))


def reliability(values: Values, weight_P: Floats) -> tuple[Floats, Floats, Floats]:
    """
    The weight of each bin, highest probabilities first, the mean probability in it and what happened.

    Equal probabilities stay together, so there may be fewer than BINS.
    """
    bought_T, rest_T = _steps(values, weight_P)
    weight_T = bought_T + rest_T
    predicted_T = _by_step(values, weight_P * values["probability"])
    middle_T = np.cumsum(weight_T) - weight_T / 2
    bin_T = (middle_T / weight_T.sum() * BINS).astype(np.int64)
    weight_B, predicted_B, happened_B = (_sums(bin_T, sum_T) for sum_T in (weight_T, predicted_T, bought_T))
    is_filled_B = weight_B > 0
    weight_B = weight_B[is_filled_B]
    return weight_B, predicted_B[is_filled_B] / weight_B, happened_B[is_filled_B] / weight_B


def _steps(values: Values, weight_P: Floats) -> tuple[Floats, Floats]:
    """The weight of those who bought and of the others, step by step."""
    bought_P = weight_P * values["bought"]
    return _by_step(values, bought_P), _by_step(values, weight_P - bought_P)


def _by_step(values: Values, sum_P: Floats) -> Floats:
    return _sums(values["step"].astype(np.int64), sum_P)


def _sums(bin_X: Integers, value_X: Floats) -> Floats:
    return np.bincount(bin_X, weights=value_X).astype(np.float64, copy=False)
