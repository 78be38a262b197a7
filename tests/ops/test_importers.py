import gzip
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.events import checked
from ops.importers import bol_clicks

DATA = Path(os.environ.get("SKIFF_DATA", "../shared/data"))
HEADER = "SessionId\tItemId\tTime\n"


def test_a_row_becomes_an_event_that_the_collector_takes(tmp_path: Path) -> None:
    file = tmp_path / "clicks.txt"
    file.write_text(f"{HEADER}10036\t14957\t1592337718.0\n")

    [event] = bol_clicks(file)

    assert checked(event, site="bol") == event
    assert event == {
        "event_id": event["event_id"],
        "name": "view_item",
        "occurred_at": 1_592_337_718_000,
        "client_id": "10036",
        "session_id": "10036",
        "items": [{"item_id": "14957"}],
    }


def test_importing_twice_gives_the_same_ids(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "train.txt.gz", "wt") as file:
        file.write(f"{HEADER}1\t2\t1592337718.0\n1\t2\t1592337719.0\n")

    first, again = ([event["event_id"] for event in bol_clicks(tmp_path)] for _ in range(2))

    assert first == again
    assert len(set(first)) == 2


@pytest.mark.skipif(not (DATA / "bol-clicks").is_dir(), reason=f"no click sample in {DATA}; set SKIFF_DATA")
def test_the_whole_click_sample_is_taken_and_every_row_counts() -> None:
    events = [checked(event, site="bol") for event in bol_clicks(DATA / "bol-clicks")]

    days = {datetime.fromtimestamp(event["occurred_at"] / 1000, UTC).date() for event in events}
    assert len({event["event_id"] for event in events}) == len(events) == 113_601
    assert (min(days).isoformat(), max(days).isoformat()) == ("2020-05-31", "2020-06-29")
