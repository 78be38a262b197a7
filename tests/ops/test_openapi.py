import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import events
from domain.events import EVENT_NAMES, FIELDS, ITEM_FIELDS, REQUIRED, REQUIRED_BY_NAME, Kind
from domain.refusal import REASONS
from ops.openapi import description

EXAMPLES = Path(__file__).parent.parent / "events"
KINDS = {kind.expected: kind for kind in (*FIELDS.values(), *ITEM_FIELDS.values())}
EVENT = jsonschema_rs.validator_for({"$ref": "#/components/schemas/Event", **description()})


def example(name: str) -> dict[str, Any]:
    return dict(json.loads((EXAMPLES / f"{name}.json").read_text()))


@pytest.mark.parametrize("name", EVENT_NAMES)
def test_the_example_of_every_name_is_as_described(name: str) -> None:
    assert EVENT.is_valid(example(name))


@pytest.mark.parametrize("name", EVENT_NAMES)
def test_what_an_event_needs_is_described(name: str) -> None:
    for field in (*REQUIRED, *REQUIRED_BY_NAME.get(name, ())):
        for empty in (None, "", []):
            assert not EVENT.is_valid({**example(name), field: empty}), field


def test_who_denied_consent_needs_no_client_id_here_either() -> None:
    denied = {"client_id": None, "consent": {"analytics_storage": "denied"}}

    assert EVENT.is_valid({**example("page_view"), **denied})
    assert not EVENT.is_valid({**example("page_view"), **denied, "consent": {"ad_storage": "denied"}})


values = (
    st.none()
    | st.booleans()
    | st.integers(-(10**14), 10**14)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer())
    | st.text(max_size=300)
    | st.lists(st.none(), max_size=3)
    | st.dictionaries(st.text(), st.none(), max_size=2)
    | st.sampled_from(
        ["", "EUR", "view_item", "c" * 256, "c" * 257, 1_592_337_718_000, {"ad_storage": "denied"}]
    )
    | st.sampled_from([[None] * count for count in (events.MAX_ITEMS, events.MAX_ITEMS + 1)])
    | st.sampled_from([events.EARLIEST_MS, events.LATEST_MS, events.MAX_NUMBER, {"ad_storage": "no"}])
)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.expected[:20])
@given(value=values)
def test_what_is_described_is_what_is_checked(kind: Kind, value: Any) -> None:
    assert jsonschema_rs.is_valid(kind.schema, value) == kind.holds(value)


def test_every_reason_stands_with_the_status_it_is_told_by() -> None:
    responses = description()["paths"]["/events"]["post"]["responses"]
    described = "\n".join(response["description"] for response in responses.values())

    assert [reason for reason in REASONS if f"{reason}: " not in described] == []
    assert "wrong_signature" in responses["401"]["description"]
