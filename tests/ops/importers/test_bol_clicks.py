import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.events import checked
from ops.importers import FORMATS, find
from ops.importers.reading import Reading

DATA = Path(os.environ.get("SKIFF_DATA", "../shared/data")) / "bol-clicks"
HEADER = "SessionId\tItemId\tTime\n"


def test_a_row_becomes_a_look_at_an_item(read) -> None:
    [event], _ = read("bol-clicks", f"{HEADER}10036\t14957\t1592337718.0\n")

    assert event == {
        "event_id": event["event_id"],
        "name": "view_item",
        "occurred_at": 1_592_337_718_000,
        "client_id": "10036",
        "session_id": "10036",
        "items": [{"item_id": "14957"}],
    }


@pytest.mark.parametrize("time", ["soon", "", "nan", "1e999"])
def test_a_time_that_is_no_number_costs_its_row_only(read, time: str) -> None:
    events, reading = read("bol-clicks", f"{HEADER}1\t2\t{time}\n1\t3\t1592337719.0\n")

    assert [event["items"][0]["item_id"] for event in events] == ["3"]
    assert reading.shown == [(2, f"Time must be a number, not {time!r}")]


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no click sample in {DATA}; set SKIFF_DATA")
@pytest.mark.prove
def test_the_whole_click_sample_is_taken_and_every_row_counts() -> None:
    path, format = find(DATA)
    reading = Reading(path, format, site="bol")

    events = [checked(event, site="bol") for event in reading]

    days = {datetime.fromtimestamp(event["occurred_at"] / 1000, UTC).date() for event in events}
    assert (path.name, format) == ("train.txt.gz", FORMATS["bol-clicks"])
    assert len({event["event_id"] for event in events}) == len(events) == reading.rows == 113_601
    assert (min(days).isoformat(), max(days).isoformat()) == ("2020-05-31", "2020-06-29")
    assert (reading.duplicates, reading.unreadable, reading.share()) == (0, 0, 1.0)
