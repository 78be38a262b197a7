from tests.offline_shop import Shop, line


def test_every_line_is_kept_with_its_file_and_row(shop: Shop):
    file = shop.send(line("e1"), line("e1"))

    rows = shop.rows(
        "select v:event.event_id::varchar as id, src_file, src_row from raw.events order by src_row"
    )

    assert rows == [("e1", file, 1), ("e1", file, 2)]


def test_a_file_is_loaded_once(shop: Shop):
    shop.send(line("e1"))

    shop.rows("alter pipe raw.events_pipe refresh")

    assert shop.rows("select count(*) as n from raw.events") == [(1,)]
