import gzip
from pathlib import Path

from bench.rees46 import read

HEAD = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session"


def line(second: int, kind: str, item: str, session: str) -> str:
    return f"2019-10-01 00:00:{second:02} UTC,{kind},{item},1,,,9.50,user-{session},{session}"


def test_a_session_ends_before_its_first_purchase(tmp_path: Path):
    lines = [
        HEAD,
        line(1, "view", "a", "buys"),
        line(2, "view", "x", "looks"),
        line(3, "cart", "a", "buys"),
        line(4, "purchase", "a", "buys"),
        line(5, "view", "b", "buys"),
        line(6, "purchase", "c", "only-buys"),
        "2019-10-01 00:00:07 UTC,view,44",
    ]
    (tmp_path / "events.csv.gz").write_bytes(gzip.compress("\n".join(lines).encode()))

    sessions = read(tmp_path / "events.csv.gz")

    assert sessions.key_S.tolist() == ["looks", "buys"]  # in the order in which they ended
    assert sessions.bought_S.tolist() == [False, True]
    assert [[event.name for event in events] for events in sessions.events()] == [
        ["view_item"],
        ["view_item", "add_to_cart"],
    ]
    assert sessions.events_of(1)[1].value == 9.5
