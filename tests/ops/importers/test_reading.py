import pytest

from ops.importers import FORMATS, reading
from ops.importers.reading import given, whole

HEADER = "SessionId\tItemId\tTime\n"


def row(number: int) -> str:
    return f"s\ti{number}\t{1_592_337_718 + number}\n"


def test_a_copy_is_noticed_within_reach_and_has_the_same_id_beyond_it(
    read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "RECENT", 3)

    events, met = read("bol-clicks", HEADER + "".join(row(n) for n in (0, 0, 1, 2, 3, 4, 0)))

    assert met.duplicates == 1
    assert events[0]["event_id"] == events[1]["event_id"] == events[-1]["event_id"]
    assert not met.saw_every_duplicate


def test_only_the_first_unreadable_rows_are_shown_and_all_are_counted(read) -> None:
    _, met = read("bol-clicks", HEADER + "cut\n" * 25 + row(1))

    told = dict(met.summary())
    assert len(met.shown) == reading.SHOWN
    assert told["rows that could not be read"] == "25"
    assert told["row 2"] == "1 columns, expected 3: the row is cut"
    assert told["events made"] == "1"


def test_every_format_can_be_named_on_the_command_line() -> None:
    from ops.__main__ import FORMATS as named

    assert set(named) == set(FORMATS)


@pytest.mark.parametrize(("value", "expected"), [(3, 3), ("3", 3), (3.0, 3), ("-3", -3)])
def test_whole_numbers_come_in_many_spellings(value: object, expected: int) -> None:
    assert whole({"n": value}, "n") == expected


@pytest.mark.parametrize("value", [None, "", "3.5", 3.5, True, float("inf"), "x", [1]])
def test_what_is_no_whole_number_is_refused_by_name(value: object) -> None:
    with pytest.raises(reading.Unreadable, match="n must be a whole number"):
        whole({"n": value}, "n")


def test_a_zero_is_a_value_and_nothing_is_none() -> None:
    assert given(price=0.0, quantity=0, brand="", category=None) == {"price": 0.0, "quantity": 0}
