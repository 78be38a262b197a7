"""
The warehouse as Python sees it: its tables in the order they are made, and what each goes by.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Table:
    """
    `upstream` is the table whose progress bounds a refresh; `by_visitor` says that warehouse/operations/
    touched_visitors.sql tells the refresh whom it concerns, else its own file does.
    """

    layer: str
    name: str
    upstream: str
    by_visitor: bool = False

    @property
    def full_name(self) -> str:
        return f"{self.layer}.{self.name}"

    @property
    def file(self) -> str:
        return f"{self.layer}/{self.name}"


def _table(full_name: str, *, upstream: str, by_visitor: bool = False) -> Table:
    layer, _, name = full_name.partition(".")
    return Table(layer=layer, name=name, upstream=upstream, by_visitor=by_visitor)


SESSIONS = "intermediate.session_events"

TABLES = (
    _table("staging.events", upstream="raw.events"),
    _table("staging.rejects", upstream="raw.rejects"),
    _table("intermediate.session_events", upstream="staging.events"),
    _table("intermediate.sessions", upstream="staging.events", by_visitor=True),
    _table("intermediate.item_events", upstream="staging.events"),
    _table("intermediate.orders", upstream="staging.events"),
    _table("marts.next_item_sessions", upstream=SESSIONS, by_visitor=True),
    _table("marts.purchase_intent_sessions", upstream=SESSIONS, by_visitor=True),
    _table("marts.customer_items", upstream=SESSIONS),
    _table("marts.catalogue", upstream=SESSIONS),
    _table("marts.searches", upstream=SESSIONS, by_visitor=True),
    _table("marts.traffic_hourly", upstream=SESSIONS),
    _table("marts.traffic_daily", upstream=SESSIONS),
    _table("marts.predictions", upstream=SESSIONS),
    _table("marts.prediction_outcomes", upstream=SESSIONS),
    _table("marts.training_runs", upstream=SESSIONS),
)
LAYERS = tuple(dict.fromkeys(table.layer for table in TABLES))
# in the schema operations
BOOKKEEPING = ("refreshes", "touched", "later_copies", "check_results", "hourly_counts")
LIVE = ("events", "session_events", "sessions", "orders", "traffic_hourly")  # views, in the schema live


def of_layer(layer: str) -> tuple[Table, ...]:
    """The tables of *layer*, in the order they are made."""
    return tuple(table for table in TABLES if table.layer == layer)
