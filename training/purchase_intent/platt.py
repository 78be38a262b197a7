"""
Makes probabilities of what trees add up to: a line through the log odds, found where they had not learned.

Source: Platt, Probabilistic outputs for support vector machines, 1999, with his smoothed targets; Newton
steps as in Lin, Lin and Weng, 2007.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

STEPS = 50
CLOSE = 1e-9
RIDGE = 1e-12


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Log odds become slope * log odds + intercept; the slope is positive, so that the order stays."""

    slope: float
    intercept: float


AS_IT_IS = Calibration(slope=1.0, intercept=0.0)


def calibrate(odds_N: Floats, bought_N: Booleans, weight_N: Floats) -> Calibration:
    """
    The line under which what happened is likeliest; AS_IT_IS where that would turn the order around, or where
    only one thing happened.

    Args:
        odds_N: log odds, as the trees say.
    """
    bought, rest = weight_N[bought_N].sum(), weight_N[~bought_N].sum()
    if not bought or not rest:
        return AS_IT_IS
    target_N = np.where(bought_N, (bought + 1) / (bought + 2), 1 / (rest + 2))
    x_N2 = np.column_stack([odds_N, np.ones(len(odds_N))])

    def loss(line: Floats) -> float:
        z_N = x_N2 @ line
        return float(weight_N @ (np.logaddexp(0, z_N) - target_N * z_N))

    line = np.array([0.0, np.log((bought + 1) / (rest + 1))])
    for _ in range(STEPS):
        probability_N = np.exp(-np.logaddexp(0, -(x_N2 @ line)))
        slope = x_N2.T @ (weight_N * (probability_N - target_N))
        curve = (x_N2.T * (weight_N * probability_N * (1 - probability_N))) @ x_N2
        step = np.linalg.solve(curve + RIDGE * np.eye(2), slope)
        while np.abs(step).max() > CLOSE and loss(line - step) > loss(line):
            step /= 2  # a whole step may lead past the valley
        if np.abs(step).max() <= CLOSE:
            break
        line = line - step
    if not line[0] > 0:
        return AS_IT_IS
    return Calibration(slope=round(float(line[0]), 6), intercept=round(float(line[1]), 6))
