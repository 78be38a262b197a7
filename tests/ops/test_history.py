import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from adapters import lake
from ops import bulk, cloud, history, target
from ops.importers import WrongFile
from ops.send import BatchRefused
from ops.target import NoSuchSite, Target
from tests.ops.collector import STORED, Server

ROWS = 1_200
REFUSED = (401, {}, {"error": {"field": "write_key"}})


@pytest.fixture
def clicks(tmp_path: Path) -> Path:
    path = tmp_path / "clicks.txt"
    rows = "".join(f"s{number}\ti{number}\t{1_592_337_718 + number}\n" for number in range(ROWS))
    path.write_text(f"SessionId\tItemId\tTime\n{rows}s1\tcut\n")
    return path


@pytest.fixture(autouse=True)
def place(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Target:
    place = Target(url=server.url, lake="lake", write_keys={"key-1": "shop", "key-2": "other"})
    monkeypatch.setattr(target, "find", lambda environment: place)
    monkeypatch.setattr(cloud, "STATE", tmp_path / "state")
    return place


@pytest.fixture
def s3() -> Iterator[object]:
    lake._s3.cache_clear()
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="lake")
        yield client
    lake._s3.cache_clear()


def run(path: Path, *, is_bulk: bool = False, site: str | None = None, limit: int | None = None) -> int:
    return history.main(
        format="bol-clicks", path=path, environment="local", is_bulk=is_bulk, site=site, limit=limit
    )


def items(server: Server) -> list[str]:
    """What came, batch after batch."""
    events = (event for _, _, body in server.requests for event in json.loads(body)["events"])
    return [event["items"][0]["item_id"] for event in events]


def test_a_file_goes_through_the_collector_in_its_order_with_the_key_of_the_site(
    clicks: Path, server: Server
) -> None:
    run(clicks, site="other")

    assert items(server) == [f"i{number}" for number in range(ROWS)]
    assert {headers["X-Write-Key"] for _, headers, _ in server.requests} == {"key-2"}


def test_a_second_run_begins_where_the_first_was_stopped(clicks: Path, server: Server) -> None:
    server.answers = [STORED, REFUSED]
    with pytest.raises(BatchRefused):
        run(clicks)
    server.answers, server.requests = [STORED], []

    run(clicks)

    assert items(server) == [f"i{number}" for number in range(500, ROWS)]


def test_a_run_after_the_last_sends_nothing_and_tells_the_whole(
    clicks: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    run(clicks)
    server.requests = []
    capsys.readouterr()

    run(clicks)

    assert server.requests == []
    lines = [line.split("│")[1:3] for line in capsys.readouterr().out.splitlines() if "│" in line]
    told = {name.strip(): value.strip() for name, value in lines}
    assert (
        told["accepted"] == told["rejected"] == "3"
    )  # one of each per batch: so the server was told to answer
    assert told["of these sent before"] == "1,200"
    assert told["row 1202"] == "2 columns, expected 3: the row is cut"


def test_another_collector_gets_it_all(clicks: Path, server: Server, place: Target) -> None:
    run(clicks)
    server.requests = []
    object.__setattr__(place, "url", place.url.replace("/stage", "/other"))

    run(clicks)

    assert len(items(server)) == ROWS


def test_a_changed_file_is_another_one(clicks: Path, server: Server) -> None:
    run(clicks)
    server.requests = []
    clicks.write_text(clicks.read_text() + "\n")

    run(clicks)

    assert len(items(server)) == ROWS


def test_in_bulk_the_lake_holds_each_event_once_however_often_it_runs(
    clicks: Path, s3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "FILE_LINES", 500)
    run(clicks, is_bulk=True)
    first = keys(s3)
    s3.delete_object(Bucket="lake", Key=first[1])  # as if it had been stopped

    run(clicks, is_bulk=True)

    assert keys(s3) == first
    lines = [
        json.loads(line)
        for key in first
        for line in gzip.decompress(s3.get_object(Bucket="lake", Key=key)["Body"].read()).splitlines()
    ]
    assert [line["event"]["items"][0]["item_id"] for line in lines] == [f"i{n}" for n in range(ROWS)]
    assert {line["site"] for line in lines} == {"shop"}


def keys(s3) -> list[str]:
    return sorted(found["Key"] for found in s3.list_objects_v2(Bucket="lake")["Contents"])


def test_in_bulk_a_part_and_another_site_have_files_of_their_own(clicks: Path, s3) -> None:
    run(clicks, is_bulk=True, limit=10)
    run(clicks, is_bulk=True, site="other")
    run(clicks, is_bulk=True)

    assert len(keys(s3)) == 3


def test_a_site_that_is_not_there_is_refused(clicks: Path) -> None:
    with pytest.raises(NoSuchSite, match="'else' is none of the sites shop, other"):
        run(clicks, site="else")


def test_a_file_of_another_format_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("a,b\n1,2\n")

    with pytest.raises(WrongFile, match="no bol-clicks file: it has no ItemId, SessionId, Time"):
        run(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongFile, match="nowhere"):
        run(tmp_path / "nowhere")
