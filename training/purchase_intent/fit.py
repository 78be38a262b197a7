"""
Boosted trees, grown by LightGBM and written as the tables that `predict` walks. The recipe calls it.

Axes: N rows, S sessions, as in `sessions`.
"""

import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from training import split
from training.purchase_intent.platt import AS_IT_IS, Calibration, calibrate
from training.purchase_intent.predict import ABOUT, LEAF, NODES, STEP
from training.purchase_intent.sessions import Sessions
from training.recipe import Parameters

if TYPE_CHECKING:
    import lightgbm

LEARNING_RATE = 0.05
CALIBRATION_SHARE = 0.2  # of the sessions, the newest: to trees of the others they are what the next will be


class NothingToLearn(ValueError):
    """Either nobody bought, or everybody did."""


class UnknownSplit(ValueError):
    """A tree asks what `predict` cannot: only whether a number is at most another one."""


def fit(sessions: Sessions, folder: Path, *, parameters: Parameters, seed: int) -> dict[str, int]:
    """
    Write the trees, and what makes a probability of their sum, into *folder*; say how much they learned from.

    What calibrates is measured on trees that have not seen the newest sessions. What ships has.

    Args:
        parameters: trees, leaves, feature_share, min_hessian: see the contract.

    Raises:
        NothingToLearn: there are not both, who bought and who did not.
    """
    calibration = _calibration(sessions, parameters, seed)
    booster = grow(sessions, parameters=parameters, seed=seed)
    roots = _write_nodes(folder / NODES, booster)
    about = {
        "features": sessions.features,
        "roots": roots,
        "slope": calibration.slope,
        "intercept": calibration.intercept,
        "base_rate": round(float(sessions.bought_S.mean()), 6),
    }
    (folder / ABOUT).write_text(json.dumps(about))
    return {
        "sessions": len(sessions),
        "bought": int(sessions.bought_S.sum()),
        "rows": len(sessions.x_NF),
        "trees": len(roots),
    }


def grow(sessions: Sessions, *, parameters: Parameters, seed: int) -> "lightgbm.Booster":
    """One thread, so that the same rows grow the same trees everywhere."""
    if not _has_both(sessions):
        raise NothingToLearn(f"{int(sessions.bought_S.sum())} of {len(sessions)} sessions bought")
    direction = {**dict.fromkeys(sessions.rising, 1), **dict.fromkeys(sessions.falling, -1)}
    return _lightgbm().train(
        {
            "objective": "binary",
            "learning_rate": LEARNING_RATE,
            "num_leaves": parameters["leaves"],
            "feature_fraction": parameters["feature_share"],
            "min_sum_hessian_in_leaf": parameters["min_hessian"],
            "monotone_constraints": [direction.get(name, 0) for name in sessions.features],
            "seed": seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            "verbosity": -1,
        },
        _lightgbm().Dataset(
            sessions.x_NF, label=sessions.bought_N.astype(np.float64), weight=sessions.weight_N
        ),
        num_boost_round=parameters["trees"],
    )


@cache
def _lightgbm() -> Any:
    """
    LightGBM, which takes scikit-learn along where it finds it, for classes that nobody uses here: most of the
    CPU time that the import takes. So it does not find it.
    """
    is_hidden = "sklearn" not in sys.modules
    if is_hidden:
        sys.modules["sklearn"] = None  # type: ignore[assignment]  # what makes an import fail
    try:
        return importlib.import_module("lightgbm")
    finally:
        if is_hidden:
            del sys.modules["sklearn"]


def _calibration(sessions: Sessions, parameters: Parameters, seed: int) -> Calibration:
    """As the trees say where the newest sessions hold too few of a kind to learn more from."""
    moment_ms = int(np.quantile(sessions.started_at_S, 1 - CALIBRATION_SHARE))
    past, newest = split.at(sessions, moment_ms)
    if not (_has_both(past) and _has_both(newest)):
        return AS_IT_IS
    booster = grow(past, parameters=parameters, seed=seed)
    return calibrate(
        np.asarray(booster.predict(newest.x_NF, raw_score=True)), newest.bought_N, newest.weight_N
    )


def _has_both(sessions: Sessions) -> bool:
    return bool(sessions.bought_S.any() and not sessions.bought_S.all())


def _write_nodes(path: Path, booster: "lightgbm.Booster") -> list[int]:
    """All trees' nodes, one after the other; where each tree begins."""
    table = bytearray()
    roots = []
    for tree in booster.dump_model()["tree_info"]:
        roots.append(len(table) // STEP.size)
        for record in _records(tree["tree_structure"], first=roots[-1]):
            table += STEP.pack(*record)
    path.write_bytes(table)
    return roots


def _records(root: Mapping[str, Any], *, first: int) -> Iterator[tuple[int, float, int, int]]:
    """Feature, threshold, and the places of the two nodes below; for a leaf LEAF and what it adds."""
    queue = [root]
    for node in queue:  # it grows while it is walked: level by level
        if "split_feature" not in node:
            yield LEAF, node["leaf_value"], 0, 0
            continue
        if node["decision_type"] != "<=" or node["missing_type"] != "None":
            raise UnknownSplit(f"{node['decision_type']}, missing {node['missing_type']}")
        below = first + len(queue)
        queue += [node["left_child"], node["right_child"]]
        yield node["split_feature"], node["threshold"], below, below + 1
