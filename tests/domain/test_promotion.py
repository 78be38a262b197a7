import dataclasses

import pytest

from domain.promotion import MAX_BYTES, Candidate, judge

GOOD = Candidate(
    metrics={"hit_rate_20": 0.65},
    baseline_metrics={"hit_rate_20": 0.02},
    size_bytes=MAX_BYTES,
    golden_requests=100,
    problems=(),
)


def test_a_good_candidate_passes():
    verdict = judge(GOOD)

    assert verdict.is_passed
    assert verdict.reasons == ()


@pytest.mark.parametrize("hit_rate", [0.01, 0.02, 0.0399])
def test_popularity_must_be_beaten_clearly(hit_rate: float):
    verdict = judge(dataclasses.replace(GOOD, metrics={"hit_rate_20": hit_rate}))

    assert not verdict.is_passed
    assert f"{hit_rate:.4f}" in verdict.reasons[0]


def test_a_lead_that_is_just_enough_passes():
    assert judge(dataclasses.replace(GOOD, metrics={"hit_rate_20": 0.04})).is_passed


def test_an_artifact_that_does_not_fit_a_layer_is_refused():
    verdict = judge(dataclasses.replace(GOOD, size_bytes=MAX_BYTES + 1))

    assert verdict.reasons == (f"{MAX_BYTES + 1} bytes, at most {MAX_BYTES} fit",)


@pytest.mark.parametrize("count", [0, 99, 101])
def test_all_golden_requests_must_be_there(count: int):
    verdict = judge(dataclasses.replace(GOOD, golden_requests=count))

    assert verdict.reasons == (f"{count} golden requests, expected 100",)


def test_every_reason_is_told():
    bad = dataclasses.replace(
        GOOD, metrics={"hit_rate_20": 0.0}, golden_requests=0, problems=("table.u32 is missing",)
    )

    reasons = judge(bad).reasons

    assert len(reasons) == 3
    assert reasons[0] == "table.u32 is missing"
