"""A whole real history through log, pipe and tables: what was sold, month by month, to the cent."""

import os
from pathlib import Path

import duckdb
import pytest

from adapters import lake
from ops import bulk
from ops.importers import find
from ops.importers.reading import Reading
from tests.offline_shop import LAKE, Shop

DATA = Path(os.environ.get("SKIFF_DATA", "../shared/data")) / "online-retail"

BY_HAND = f"""
select
    date_trunc('month', InvoiceDate)::timestamp as month,
    sum(Quantity * UnitPrice::decimal(18, 3))::decimal(18, 2) as revenue
from '{DATA}/*.parquet'
group by 1
order by 1
"""
REVENUE = """
with

movements as (

    select ordered_at as moved_at, value as amount
    from intermediate.orders
    where ordered_at is not null
    union all
    select refunded_at as moved_at, -refunded_value as amount
    from intermediate.orders
    where refund_count > 0

)

select date_trunc('month', moved_at) as month, sum(amount)::number(18, 2) as revenue
from movements
group by 1
order by 1
"""


@pytest.mark.prove
def test_online_retail_makes_the_revenue_of_each_month_to_the_cent(shop: Shop):
    if not DATA.is_dir():
        pytest.skip(f"no Online Retail in {DATA}; set SKIFF_DATA")
    lake._s3.cache_clear()
    reading = Reading(*find(DATA), site="shop")
    files = bulk.Files(lambda key, lines: lake.write(LAKE, key, lines), folder="events", name="import")
    bulk.write(reading, files, site="shop")
    shop.rows("alter pipe raw.events_pipe refresh")

    shop.transform("staging", "intermediate")

    assert reading.rows == 541_909
    assert shop.violations() == {}
    assert shop.rows("select count(*) as n from staging.events") == [(reading.made,)]
    by_hand = [(month, float(revenue)) for month, revenue in duckdb.sql(BY_HAND).fetchall()]
    assert len(by_hand) == 13
    assert [(month, float(revenue)) for month, revenue in shop.rows(REVENUE)] == by_hand
    cancelled = "from intermediate.orders where transaction_id like 'C%' and event_id is not null"
    assert shop.rows(f"select count(*) as n {cancelled}") == [(0,)]
