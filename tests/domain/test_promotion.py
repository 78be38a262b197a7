from dataclasses import replace
from typing import Any

import pytest

from domain.evaluation import Estimate, Evaluation
from domain.promotion import MAX_BYTES, Candidate, judge
from tests.evaluations import CONTRACT, GOOD, beside_champion, sure

CANDIDATE = Candidate(
    evaluation=GOOD, champion_digest=None, size_bytes=MAX_BYTES, golden_requests=100, problems=()
)


def reasons(evaluation: Evaluation = GOOD, **about: Any) -> tuple[str, ...]:
    return judge(CONTRACT, replace(CANDIDATE, evaluation=evaluation, **about)).reasons


def test_a_good_candidate_passes():
    verdict = judge(CONTRACT, CANDIDATE)

    assert verdict.is_passed
    assert verdict.reasons == ()


def test_every_baseline_must_be_beaten_by_the_margin():
    found = reasons(replace(GOOD, leads={"popularity": sure(0.6), "covisitation": sure(0.0199)}))

    assert found == ("mrr_20_all leads covisitation by 0.0199 (0.0099 to 0.0299), 0.0200 is needed",)


def test_a_lead_that_may_be_chance_is_none():
    lucky = Estimate(value=0.03, low=0.0, high=0.06)

    assert len(reasons(replace(GOOD, leads={"popularity": lucky, "covisitation": lucky}))) == 2


def test_a_lead_that_is_just_enough_passes():
    enough = Estimate(value=0.02, low=0.0001, high=0.04)

    assert reasons(replace(GOOD, leads={"popularity": enough, "covisitation": enough})) == ()


def test_a_baseline_that_was_left_out_is_a_reason():
    assert reasons(replace(GOOD, leads={"popularity": sure(0.6)})) == (
        "it was not compared with covisitation",
    )


@pytest.mark.parametrize(
    ("low", "is_passed"), [(0.01, True), (-0.0099, True), (-0.01, False), (-0.05, False)]
)
def test_beside_the_champion_all_of_the_interval_must_lie_above_the_margin(low: float, is_passed: bool):
    evaluation = beside_champion(Estimate(value=0.02, low=low, high=0.05))

    found = reasons(evaluation, champion_digest="d0")

    assert (found == ()) is is_passed
    assert all(reason.startswith("mrr_20_all leads the champion, job-0, by 0.0200") for reason in found)


def test_another_champion_than_the_one_in_use_does_not_count():
    assert reasons(beside_champion(sure(0.1)), champion_digest="d9") == (
        "it was not compared with the champion, d9",
    )
    assert reasons(GOOD, champion_digest="d9") == ("it was not compared with the champion, d9",)


def test_a_champion_that_could_not_be_compared_stays():
    assert reasons(beside_champion(None), champion_digest="d0") == (
        "it could not be compared with the champion, job-0: "
        "3 sessions began after what it learned from, 30 are needed",
    )


def test_a_check_that_blocks_is_a_reason_and_another_is_not():
    blocking = {check.name: check.is_blocking for check in CONTRACT.checks}
    assert blocking["diversity"] and not blocking["popularity_bias"]

    found = reasons(replace(GOOD, checks={**GOOD.checks, "diversity": 0.1, "popularity_bias": 99.0}))

    assert found == ("diversity is 0.1000, at least 0.5 is needed",)


def test_a_check_that_was_not_run_is_a_reason():
    checks = {name: value for name, value in GOOD.checks.items() if name != "popularity_bias"}

    assert reasons(replace(GOOD, checks=checks)) == ("popularity_bias was not checked",)


def test_a_leak_is_a_reason():
    assert reasons(replace(GOOD, leaks=("x alone tells the label, AUC 0.999",))) == (
        "leak: x alone tells the label, AUC 0.999",
    )


@pytest.mark.parametrize(("as_of", "is_stale"), [("2020-06-10T23:00", False), ("2020-06-10T23:01", True)])
def test_a_snapshot_of_long_ago_is_stale(as_of: str, is_stale: bool):
    found = reasons(replace(GOOD, as_of=f"{as_of}:00+00:00"))

    assert (found != ()) is is_stale
    assert all(reason.startswith("stale: its newest session is 48 hours old") for reason in found)


def test_an_artifact_that_does_not_fit_a_layer_is_refused():
    assert reasons(size_bytes=MAX_BYTES + 1) == (f"{MAX_BYTES + 1} bytes, at most {MAX_BYTES} fit",)


@pytest.mark.parametrize("count", [0, 99, 101])
def test_all_golden_requests_must_be_there(count: int):
    assert reasons(golden_requests=count) == (f"{count} golden requests, expected 100",)


def test_an_answer_that_takes_too_long_is_refused():
    assert reasons(replace(GOOD, latency_ms=10.1)) == ("an answer takes 10.1 ms, at most 10.0 may be",)


def test_every_reason_is_told():
    found = reasons(
        replace(GOOD, leads={}, leaks=("twice",)), golden_requests=0, problems=("table.u32 is missing",)
    )

    assert len(found) == 5
    assert found[0] == "table.u32 is missing"
