import json
from typing import Any

import pytest

from ops import bulk
from ops.bulk import Files

EVENT: dict[str, Any] = {
    "event_id": "e1",
    "name": "view_item",
    "occurred_at": 1_767_229_199_999,  # 2026-01-01T00:59:59.999Z
    "client_id": "c1",
    "items": [{"item_id": "a"}],
}


class Folder:
    """Where files go; a key is taken once."""

    def __init__(self) -> None:
        self.files: dict[str, list[str]] = {}

    def put(self, key: str, lines: list[str]) -> bool:
        if key in self.files:
            return False
        self.files[key] = lines
        return True


@pytest.fixture
def folder() -> Folder:
    return Folder()


def written(folder: Folder, events: list[dict[str, Any]]) -> Files:
    files = Files(folder.put, folder="events", name="import-abc")
    bulk.write(events, files, site="shop")
    return files


def test_a_line_looks_as_if_it_had_come_in_when_it_happened(folder: Folder) -> None:
    written(folder, [EVENT])

    [(key, [line])] = folder.files.items()
    assert key == "events/2026/01/01/00/import-abc-00000.gz"
    assert json.loads(line) == {
        "schema": 1,
        "received_at": "2026-01-01T00:59:59.999Z",
        "sent_at": None,
        "site": "shop",
        "request_id": "import-abc-00000",
        "source": "import",
        "ip": None,
        "user_agent": None,
        "event": EVENT,
    }


def test_files_are_cut_by_lines_and_by_size_and_each_lies_in_the_hour_of_its_first_line(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "FILE_LINES", 3)
    monkeypatch.setattr(bulk, "FILE_CHARACTERS", 2_000)
    large = {**EVENT, "url": "x" * 2_000, "occurred_at": EVENT["occurred_at"] + 1}

    files = written(folder, [EVENT, EVENT, EVENT, EVENT, large, EVENT])

    assert {key: len(lines) for key, lines in folder.files.items()} == {
        "events/2026/01/01/00/import-abc-00000.gz": 3,
        "events/2026/01/01/00/import-abc-00001.gz": 2,
        "events/2026/01/01/00/import-abc-00002.gz": 1,
    }
    assert (files.lines, files.written, files.already_there) == (6, 3, 0)


def test_a_second_run_finds_what_the_first_has_written_and_adds_what_is_missing(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "FILE_LINES", 2)
    written(folder, [EVENT] * 5)
    first = dict(folder.files)
    del folder.files["events/2026/01/01/00/import-abc-00001.gz"]

    files = written(folder, [EVENT] * 5)

    assert folder.files == first
    assert (files.lines, files.written, files.already_there) == (5, 1, 2)


def test_who_denied_consent_is_written_without_what_would_recognize_them(folder: Folder) -> None:
    written(folder, [{**EVENT, "session_id": "s1", "consent": {"analytics_storage": "denied"}}])

    [[line]] = folder.files.values()
    event = json.loads(line)["event"]
    assert event["client_id"] is None
    assert "session_id" not in event


def test_no_events_make_no_file(folder: Folder) -> None:
    written(folder, [])

    assert folder.files == {}
