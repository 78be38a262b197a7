"""
UCI Online Retail (CC BY 4.0) for top_items: who bought what, and when.

Lines of unknown customers, cancellations and what is no merchandise (postage, samples, adjustments) are left
out.
"""

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from training.top_items.facts import Facts, from_columns

FILE = "online-retail/online_retail.parquet"
MERCHANDISE = "^[0-9]{5}"  # POST, M, BANK CHARGES, … are none


def read(path: Path) -> Facts:
    lines = pq.read_table(path, columns=["InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "CustomerID"])
    is_sale = (
        pc.is_valid(pc.field("CustomerID"))
        & pc.greater(pc.field("Quantity"), pc.scalar(0))
        & ~pc.starts_with(pc.field("InvoiceNo"), "C")
        & pc.match_substring_regex(pc.field("StockCode"), MERCHANDISE)
    )
    names = ["CustomerID", "StockCode", "InvoiceDate"]
    sales = lines.filter(is_sale).select(names)
    once = sales.group_by(names).aggregate([])  # two equal lines of an invoice are one fact
    return from_columns(
        {
            "SITE": ["shop"] * len(once),
            "CUSTOMER_ID": [f"{customer:.0f}" for customer in once["CustomerID"].to_pylist()],
            "ITEM_ID": once["StockCode"].to_pylist(),
            "NAME": ["purchase"] * len(once),
            "OCCURRED_AT": once["InvoiceDate"].to_pylist(),
        }
    )
