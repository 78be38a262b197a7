import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ops.importers import FORMATS, find
from ops.importers.files import File, Unreadable, WrongFile
from ops.importers.reading import Reading

CLICKS = "SessionId,ItemId,Time\n" + "".join(f"s{n},i{n},{1_592_337_718 + n}\n" for n in range(3_000))


def read(path: Path) -> tuple[list[str], Reading]:
    reading = Reading(path, FORMATS["bol-clicks"], site="shop")
    return [event["client_id"] for event in reading], reading


def test_gzipped_and_plain_files_are_the_same_whatever_their_names(tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain.gz", tmp_path / "packed"
    plain.write_text(CLICKS)
    packed.write_bytes(gzip.compress(CLICKS.encode()))

    assert read(plain)[0] == read(packed)[0]
    assert len(read(plain)[0]) == 3_000


def test_a_gzip_that_breaks_off_costs_its_end_only(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(CLICKS.encode())[:-2_000])

    clients, reading = read(path)

    [(number, reason)] = reading.shown
    assert clients == [f"s{n}" for n in range(len(clients))]
    assert 1_000 < len(clients) < 3_000
    assert number == len(clients) + 2  # lines are numbered, the header is the first
    assert reason.startswith("the file breaks off")


def test_bytes_that_are_no_utf8_and_nul_cost_their_row_only(tmp_path: Path) -> None:
    path = tmp_path / "clicks.csv"
    rows = [b"SessionId,ItemId,Time", b"caf\xe9,i,1592337718", b"a\0b,i,1592337718", b"s,i,1592337718"]
    path.write_bytes(b"\n".join(rows))

    clients, reading = read(path)

    assert clients == ["s"]
    assert [number for number, _ in reading.shown] == [2, 3]


def test_a_mark_at_the_beginning_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    path = tmp_path / "clicks.csv"
    path.write_text("\ufeff" + CLICKS)

    assert len(read(path)[0]) == 3_000


def test_columns_may_stand_in_another_order_and_others_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "clicks.csv"
    path.write_text('Note,Time,ItemId,SessionId\n"two\nlines",1592337718,i,s\n')

    assert read(path)[0] == ["s"]


def test_progress_is_the_share_of_the_file_that_was_read(tmp_path: Path) -> None:
    path = tmp_path / "clicks.csv"
    path.write_text(CLICKS * 20)
    reading = Reading(path, FORMATS["bol-clicks"], site="shop")

    shares = [reading.share() for _ in reading]

    assert shares == sorted(shares)
    assert shares[0] < 0.1
    assert reading.share() == 1.0


def test_parquet_comes_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", None]}), path)

    assert list(File(path).rows()) == [(1, {"a": 1, "b": "x"}), (2, {"a": 2, "b": None})]


def test_json_lines_are_read_strictly(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text('{"a": 1}\n{"a": NaN}\n{"a": 2}\n')

    (_, first), (_, second), (_, third) = File(path).rows()

    assert (first, third) == ({"a": 1}, {"a": 2})
    assert isinstance(second, Unreadable)


@pytest.mark.parametrize("content", [b"", b"PAR1 broken", b"\x1f\x8b broken", b"{broken\n"])
def test_a_file_that_is_nothing_is_no_format(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)

    with pytest.raises(WrongFile):
        find(tmp_path)


def test_a_folder_is_known_by_the_first_file_of_a_known_format(tmp_path: Path) -> None:
    (tmp_path / "a-readme.md").write_text("about it\n")
    (tmp_path / "b.csv").write_text(CLICKS)
    (tmp_path / "c.json").write_text('{"session": 1, "events": []}\n')

    path, format = find(tmp_path)

    assert (path.name, format.name) == ("b.csv", "bol-clicks")
