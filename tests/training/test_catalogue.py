from decimal import Decimal

from training.catalogue import Catalogue

COLUMNS = {
    "ITEM_ID": ["1", "2", "3", "4"],
    "ITEM_NAME": ["Hat", None, "", "Shoe"],
    "PRICE": [Decimal("9.90"), Decimal(3), None, Decimal(0)],
}


def test_an_item_is_called_by_its_name_where_it_has_one():
    catalogue = Catalogue.from_columns(COLUMNS)

    assert [catalogue.title(item_id) for item_id in ("1", "2", "3", "5")] == ["Hat (1)", "2", "3", "5"]


def test_a_price_of_nothing_is_none():
    assert Catalogue.from_columns(COLUMNS).prices == {"1": 9.9, "2": 3.0}
