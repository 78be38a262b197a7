from typing import Any

import pytest

from domain.consent import PERSONAL, is_consent, is_denied, without_person


@pytest.mark.parametrize(
    ("consent", "holds"),
    [
        ({}, True),
        ({"analytics_storage": "denied", "ad_storage": "granted"}, True),
        ({"analytics_storage": None}, False),
        ({"ad_user_data": "yes"}, False),
        ("denied", False),
    ],
)
def test_each_known_purpose_is_granted_or_denied(consent: Any, holds: bool) -> None:
    assert is_consent(consent) is holds


@pytest.mark.parametrize(
    ("consent", "denied"),
    [
        ({"analytics_storage": "denied"}, True),
        ({"analytics_storage": "granted"}, False),
        ({"ad_storage": "denied"}, False),  # no advertising is made of the log
        ("denied", False),
        (None, False),
    ],
)
def test_only_a_refusal_of_analytics_is_one(consent: Any, denied: bool) -> None:
    assert is_denied({"consent": consent}) is denied


def test_without_its_person_an_event_says_that_it_has_none() -> None:
    event = {"name": "page_view", **dict.fromkeys(PERSONAL, "x")}

    assert without_person(event) == {"name": "page_view", "client_id": None}
