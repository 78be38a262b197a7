import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.events import checked
from ops.importers import WrongFile
from ops.sources import Source, open_source

NOW = datetime(2026, 1, 31, 12, 34, tzinfo=UTC)


def opened(data: Path | None = None, *, sessions: int = 100) -> Source:
    return open_source(data, sessions=sessions, now=NOW, site="shop")


@pytest.fixture
def clicks(tmp_path: Path) -> Path:
    rows = [f"s1\titem-{number}\t{1_592_337_718 + number}.5" for number in range(5)]
    with gzip.open(tmp_path / "train.txt.gz", "wt") as file:
        file.write("\n".join(["SessionId\tItemId\tTime", *rows, "s1\tcut"]))
    return tmp_path


def test_the_made_up_shop_ends_at_the_last_full_hour_and_is_the_same_every_time() -> None:
    source, again = opened(), opened()

    events = [event for batch in source.batches() for event in batch]

    assert source.as_of == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert events == [event for batch in again.batches() for event in batch]
    assert source.truth is not None
    assert source.truth.sent == len(events) == source.sent
    assert (source.share(), source.reading) == (1.0, None)


def test_examples_are_visits_with_something_before_and_something_to_come() -> None:
    source = opened(sessions=3000)
    list(source.batches())

    examples = source.examples()

    assert examples
    for visit in examples:
        assert len(visit) > 2
        for event in visit:
            assert checked(event, site="shop")["name"] == "view_item"


def test_a_folder_of_a_known_format_is_read_and_what_was_met_is_told(clicks: Path) -> None:
    source = opened(clicks)

    [batch] = source.batches()

    assert source.name == f"{clicks.name} (bol-clicks)"
    assert source.as_of == datetime.fromtimestamp(1_592_337_722.5, UTC) + timedelta(seconds=1)
    assert source.truth is None
    assert source.reading is not None
    assert (len(batch), source.sent, source.reading.unreadable) == (5, 5, 1)
    assert [event["items"][0]["item_id"] for event in source.examples()[0]] == [
        f"item-{number}" for number in range(5)
    ]


def test_an_unknown_folder_is_refused_with_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing of interest\n")

    with pytest.raises(WrongFile, match="bol-clicks, rees46, online-retail, otto, ga4, coveo"):
        opened(tmp_path)
