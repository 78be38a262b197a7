import gzip
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws
from rich.console import Console

from adapters import lake
from domain.intake import Post, take_in
from domain.redrive import Correction
from ops.redrive import Outcome, Wanted, redrive, table

AT_TEN = datetime(2026, 11, 22, 10, tzinfo=UTC)
VIEWED = {
    "name": "viewed",
    "occurred_at": 1_592_337_718_000,
    "client_id": "client-1",
    "items": [{"item_id": "sku-17"}],
}
REPAIR = Correction(set={"name": "view_item"})


@pytest.fixture(autouse=True)
def bucket() -> Iterator[Any]:
    lake._s3.cache_clear()
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="lake")
        yield boto3.resource("s3").Bucket("lake")
    lake._s3.cache_clear()


def refuse(*events: Any, at: datetime = AT_TEN, write_key: str = "key-1", name: str = "a") -> str:
    """A file of refusals, as Firehose would write it."""
    post = Post(
        body=json.dumps({"events": events}).encode(),
        encoding=None,
        write_key=write_key,
        received_at=at,
        request_id=f"request-{name}",
        ip=None,
        user_agent=None,
    )
    key = f"rejected/{at:%Y/%m/%d/%H}/{name}.gz"
    lake.write("lake", key, take_in(post, write_keys={"key-1": "shop", "key-2": "outlet"}).rejected)
    return key


def run(**wanted: Any) -> Outcome:
    settings = {"reason": "unknown_name", "correction": REPAIR, **wanted}
    return redrive("lake", list(lake.keys("lake", "rejected/")), Wanted(**settings))


def written(bucket: Any) -> dict[str, list[Any]]:
    bodies = {found.key: found.get()["Body"].read() for found in bucket.objects.filter(Prefix="events/")}
    return {
        key: [json.loads(line) for line in gzip.decompress(body).splitlines()] for key, body in bodies.items()
    }


def test_what_is_corrected_lies_in_the_log_in_the_hour_in_which_it_came(bucket: Any) -> None:
    refuse(VIEWED, {**VIEWED, "client_id": "client-2"}, {**VIEWED, "client_id": None})

    outcome = run()

    ((key, lines),) = written(bucket).items()
    assert key.startswith("events/2026/11/22/10/redrive-")
    assert [line["event"]["client_id"] for line in lines] == ["client-1", "client-2"]
    still = Counter(missing_field=1)  # once its name is right, the next thing wrong is found
    assert outcome == Outcome(refusals=3, passed=2, written=2, refused=still)


def test_a_second_run_writes_nothing(bucket: Any) -> None:
    refuse(VIEWED)
    run()
    before = written(bucket)

    again = run()

    assert again == Outcome(refusals=1, passed=1, already_there=1)
    assert written(bucket) == before


def test_a_second_run_writes_only_what_was_refused_since(bucket: Any) -> None:
    refuse(VIEWED)
    run()
    refuse({**VIEWED, "client_id": "client-2"}, name="b")

    again = run()

    assert (again.written, again.already_there) == (1, 1)


def test_a_run_that_corrects_otherwise_writes_the_same_events(bucket: Any) -> None:
    refuse(VIEWED, VIEWED)
    run()

    run(correction=Correction(set={"name": "select_item"}))

    ids = {line["event"]["event_id"] for lines in written(bucket).values() for line in lines}
    assert len(written(bucket)) == 2
    assert len(ids) == 1


def test_a_dry_run_counts_and_writes_nothing(bucket: Any) -> None:
    refuse(VIEWED)

    outcome = run(is_dry_run=True)

    assert (outcome.passed, outcome.written) == (1, 0)
    assert written(bucket) == {}


def test_of_another_site_nothing_is_touched(bucket: Any) -> None:
    refuse(VIEWED)
    refuse(VIEWED, write_key="key-2", name="b")

    outcome = run(site="outlet")

    (lines,) = written(bucket).values()
    assert (outcome.refusals, lines[0]["site"]) == (1, "outlet")


def test_what_is_nobodys_is_the_sites_that_is_named(bucket: Any) -> None:
    refuse({**VIEWED, "name": "view_item"}, write_key="mistyped")

    lost = run(reason="unknown_write_key")
    found = run(reason="unknown_write_key", site="shop")

    assert (lost.passed, sum(lost.lost.values())) == (0, 1)
    assert (found.written, [lines[0]["site"] for lines in written(bucket).values()]) == (1, ["shop"])


def test_what_is_still_refused_or_lost_is_told(bucket: Any) -> None:
    refuse(VIEWED, {**VIEWED, "padding": "x" * 70_000})

    still = run(correction=Correction())
    lost = run(reason="too_large")

    assert still.refused == Counter(unknown_name=1)
    assert lost.lost == Counter({"only its first 65536 bytes were kept": 1})


def test_the_table_names_every_count() -> None:
    outcome = Outcome(refusals=9, passed=4, written=3, already_there=1)
    outcome.refused["wrong_value"] = 2
    outcome.lost["only its first 65536 bytes were kept"] = 3
    shown = io.StringIO()

    Console(file=shown, width=100).print(table(outcome, Wanted(reason="unknown_name")))

    text = " ".join(shown.getvalue().split())
    assert "refusals read │ 9" in text
    assert "still refused: wrong_value │ 2" in text
    assert "cannot be redriven: only its first 65536 bytes were kept │ 3" in text
