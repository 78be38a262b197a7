from hashlib import sha256

from tests.offline_shop import Shop, line

MINUTE = 60


def sessions(shop: Shop) -> list[list[str]]:
    """The event ids of each session, sessions in the order they started."""
    rows = shop.rows(
        "select listagg(event_id, ' ') within group (order by occurred_at, event_id) as ids "
        "from intermediate.session_events group by session_key order by min(occurred_at), ids"
    )
    return [ids.split() for (ids,) in rows]


def test_more_than_half_an_hour_of_silence_ends_a_session(shop: Shop):
    silences = {"29:59": 29 * MINUTE + 59, "30:00": 30 * MINUTE, "30:01": 30 * MINUTE + 1}
    for name, seconds in silences.items():
        shop.send(line(f"{name} a", client_id=name), line(f"{name} b", client_id=name, seconds=seconds))

    shop.transform("staging", "intermediate")

    assert shop.rows("select client_id, count(*) as n from intermediate.sessions group by 1 order by 1") == [
        ("29:59", 1),
        ("30:00", 1),
        ("30:01", 2),
    ]


def test_a_session_may_cross_midnight(shop: Shop):
    shop.send(line("e1", seconds=-5 * MINUTE), line("e2", seconds=5 * MINUTE))

    shop.transform("staging", "intermediate")

    assert sessions(shop) == [["e1", "e2"]]


def test_each_visitor_of_each_site_has_sessions_of_their_own(shop: Shop):
    shop.send(line("e1"), line("e2", client_id="c2"), line("e3", site="other"))

    shop.transform("staging", "intermediate")

    assert sessions(shop) == [["e1"], ["e2"], ["e3"]]


def test_a_session_is_named_by_its_first_event(shop: Shop):
    shop.send(line("e2", seconds=1), line("e1"))

    shop.transform("staging", "intermediate")

    [(session_key,)] = shop.rows("select session_key from intermediate.sessions")
    assert session_key == sha256(b"shop|2|c1|e1").hexdigest()


def test_ids_that_look_alike_side_by_side_are_two_sessions(shop: Shop):
    shop.send(line("z", client_id="x|y"), line("y|z", client_id="x"))

    shop.transform("staging", "intermediate")

    assert len(sessions(shop)) == 2
    assert shop.rows("select count(distinct session_key) as n from intermediate.sessions") == [(2,)]


def test_a_late_event_joins_two_sessions(shop: Shop):
    shop.send(line("e1"), line("e3", seconds=50 * MINUTE), minutes_ago=5 * 60)
    shop.transform()
    assert sessions(shop) == [["e1"], ["e3"]]

    shop.send(line("e2", seconds=25 * MINUTE))
    shop.transform()

    assert sessions(shop) == [["e1", "e2", "e3"]]
    assert shop.rows("select event_count from intermediate.sessions") == [(3,)]
    assert shop.violations() == {}


def test_a_visitor_without_news_is_left_alone(shop: Shop):
    shop.send(line("e1", client_id="c2"), minutes_ago=9 * 60)
    shop.send(line("e2"), minutes_ago=5 * 60)
    shop.transform("staging", "intermediate")
    shop.rows("update intermediate.sessions set event_count = 99")

    shop.send(line("e3"))
    shop.transform("staging", "intermediate")

    assert shop.rows("select client_id, event_count from intermediate.sessions order by client_id") == [
        ("c1", 2),
        ("c2", 99),
    ]


def test_a_visitor_who_was_only_answered_keeps_their_sessions(shop: Shop):
    shop.send(line("e1"), minutes_ago=5 * 60)
    shop.send(line("e2", client_id="c2"), minutes_ago=3 * 60)
    shop.transform("staging", "intermediate")

    shop.send(line("p1", name="prediction"))
    shop.transform("staging", "intermediate")

    assert sessions(shop) == [["e1"], ["e2"]]


def test_what_the_system_logs_is_no_visit(shop: Shop):
    shop.send(
        line("p1", name="prediction", model="m", version="1", tier="model"), line("t1", name="training_run")
    )

    shop.transform()

    assert sessions(shop) == []
    assert shop.violations() == {}


def test_a_session_knows_how_it_ended(shop: Shop):
    shop.send(
        line("e1"), line("e2", seconds=1, name="add_to_cart"), line("e3", client_id="c2", name="purchase")
    )

    shop.transform("staging", "intermediate")

    rows = shop.rows(
        "select client_id, event_count, has_add_to_cart, has_purchase "
        "from intermediate.sessions order by client_id"
    )
    assert rows == [("c1", 2, True, False), ("c2", 1, False, True)]
