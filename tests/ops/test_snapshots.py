from dataclasses import replace

import pytest

from domain.snapshot import File, Manifest
from ops import snapshots
from ops.progress import console


def snapshot(snapshot_id: str, *, day: int = 1, sha256: str = "00", where: str = "ended_at") -> Manifest:
    moment = f"2020-06-{day:02} 00:00:00.000000"
    return Manifest(
        model="next_item",
        snapshot_id=snapshot_id,
        attempt=f"try-{day}",
        as_of=f"2020-06-{day:02}T00:00:00+00:00",
        code_version="abc",
        sql=f"copy into @next_item/{snapshot_id}/try-{day}/\nwhere {where} <= '{moment}'",
        rows=100 * day,
        started_from="2020-05-01T00:00:00+00:00",
        ended_at=f"2020-06-{day:02}T00:00:00+00:00",
        files=(File(key=f"{snapshot_id}/a.parquet", size_bytes=3_000_000, sha256=sha256),),
    )


ONE = snapshot("s1")


def test_a_snapshot_is_meant_by_its_id_or_with_its_model():
    again = replace(ONE, attempt="z-later")
    of_another = replace(ONE, model="top_items")

    assert snapshots.find([ONE, again], "s1") is ONE
    assert snapshots.find([ONE, of_another], "top_items/s1") is of_another
    with pytest.raises(snapshots.WhichModel, match="next_item/s1, top_items/s1"):
        snapshots.find([ONE, of_another], "s1")
    with pytest.raises(snapshots.NoSuchSnapshot, match="s9"):
        snapshots.find([ONE], "s9")


def test_ids_and_moments_are_no_change_of_the_sql():
    assert snapshots.sql_changes(ONE, snapshot("s2", day=2)) == []

    changes = snapshots.sql_changes(ONE, snapshot("s2", day=2, where="started_at"))

    assert [line for line in changes if line.startswith(("-w", "+w"))] == [
        "-where ended_at <= 'AS OF'",
        "+where started_at <= 'AS OF'",
    ]


def test_two_snapshots_side_by_side_show_what_differs():
    with console.capture() as said:
        console.print(snapshots.beside(ONE, snapshot("s2", day=2, sha256="01")))
        console.print(snapshots.beside(ONE, snapshot("s2")))

    first, second = said.get().split("Two snapshots")[1:]
    assert "+100" in first
    assert "differs" in first
    assert "differs" not in second
    assert "the same" in second


def test_the_list_has_the_newest_first():
    with console.capture() as said:
        console.print(snapshots.table([ONE, snapshot("s2", day=2)]))

    text = said.get()
    assert text.index("s2") < text.index("s1")
    assert "3.00" in text
