from datetime import UTC, datetime

import pytest

from domain.events import checked
from ops.sources import NoSuchData, open_source

NOW = datetime(2026, 1, 31, 12, 34, tzinfo=UTC)


def test_the_made_up_shop_ends_at_the_last_full_hour_and_is_the_same_every_time() -> None:
    source = open_source(None, sessions=100, now=NOW)
    again = open_source(None, sessions=100, now=NOW)

    assert source.as_of == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert source.events == again.events
    assert source.truth is not None
    assert source.truth.sent == len(source.events)


def test_examples_are_visits_with_something_before_and_something_to_come() -> None:
    examples = open_source(None, sessions=3000, now=NOW).examples()

    assert examples
    for visit in examples:
        assert len(visit) > 2
        for event in visit:
            assert checked(event, site="shop")["name"] == "view_item"


def test_an_unknown_folder_is_refused(tmp_path) -> None:
    with pytest.raises(NoSuchData, match="bol-clicks"):
        open_source(tmp_path, sessions=1, now=NOW)
