"""
The same tables in polars, as somebody writes them who needs no database: frames in memory, made once.

Rows are sorted by visitor and time, so that a session is a run of rows. Python hashes the keys.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.measure import THREADS, Cost, cost

os.environ["POLARS_MAX_THREADS"] = str(THREADS)  # polars reads it while it is imported

import polars as pl

MONEY = pl.Decimal(18, 4)
ITEM = pl.Struct(
    dict.fromkeys(["item_id", "item_name", "item_brand", "item_category"], pl.String)
    | dict.fromkeys(["price", "quantity"], pl.Float64)
)
TEXTS = (
    *("event_id", "name", "client_id", "user_id", "session_id", "url", "referrer", "search_term"),
    *("transaction_id", "currency", "prediction_id", "model", "version", "tier"),
)
EVENT = pl.Struct(
    dict.fromkeys(TEXTS, pl.String)
    | dict.fromkeys(["value", "tax", "shipping"], pl.Float64)
    | {"occurred_at": pl.Int64, "items": pl.String}  # read as a list at once it would take four times as long
)
LINE: dict[str, Any] = dict.fromkeys(
    ["site", "source", "received_at", "reject_id", "request_id", "user_agent"], pl.String
) | {
    "sent_at": pl.Int64,
    "verified": pl.Boolean,
    "event": EVENT,
}
SESSION_EVENT = (
    *("site", "event_id", "session_key", "session_ended_at", "client_id", "user_id", "session_id"),
    *("occurred_at", "name", "search_term", "transaction_id", "currency", "value", "prediction_id"),
)
LONGEST = 1000
NAME, AT = pl.col("name"), pl.col("occurred_at")
FIRST_ITEM = ("site", "event_id")


class Frames:
    """What the steps have made so far, by schema and table."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.made: dict[str, pl.DataFrame] = {}

    def load(self) -> None:
        files = sorted((self.base / "events").rglob("*.gz"))
        self.lines = pl.scan_ndjson(
            files, schema=LINE, ignore_errors=True, include_file_paths="file"
        ).collect()

    def stage(self) -> None:
        received_at = pl.col("received_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%.3fZ", time_unit="us")
        received_ms = received_at.dt.epoch("ms")
        clock_error = (received_ms - pl.col("sent_at")).fill_null(0)
        lines = self.lines.lazy().unnest("event").with_row_index("line")
        first_copies = (
            lines.filter(pl.col("site").is_not_null() & pl.col("event_id").is_not_null())
            .select("line", "site", "event_id", "received_at")
            .sort("received_at", maintain_order=True)
            .unique(["site", "event_id"], keep="first")
            .select("line")
        )
        self.made["staging.events"] = (
            lines.join(first_copies, on="line", how="semi")
            .with_columns(
                received_at,
                pl.min_horizontal(AT + clock_error, received_ms)
                .cast(pl.Datetime("ms"))
                .cast(pl.Datetime("us")),
                pl.col("value", "tax", "shipping").cast(MONEY),
                is_verified=pl.col("verified").fill_null(False),
            )
            .drop("line", "verified", "sent_at")
            .collect()
        )
        del self.lines

    def sessionize(self) -> None:
        of_clients = self.made["staging.events"].filter(
            ~NAME.is_in(["prediction", "training_run", "release"])
        )
        self.made["intermediate.session_events"] = _session_events(of_clients)
        self.made["intermediate.sessions"] = _sessions(self.made["intermediate.session_events"])
        self.made["intermediate.item_events"] = _item_events(of_clients)
        self.made["intermediate.orders"] = _orders(self.made["staging.events"])

    def marts(self) -> None:
        events = self.made["intermediate.session_events"]
        items = self.made["intermediate.item_events"]
        orders = self.made["intermediate.orders"]
        self.made["marts.next_item_sessions"] = _next_item_sessions(events, items)
        self.made["marts.purchase_intent_sessions"] = _purchase_intent_sessions(events, items)
        self.made["marts.customer_items"] = _customer_items(items, orders)
        self.made["marts.catalogue"] = _catalogue(items)
        self.made["marts.searches"] = _searches(events, items)
        self.made["marts.traffic_hourly"] = _traffic(events, orders, "hour", AT.dt.truncate("1h"))
        self.made["marts.traffic_daily"] = _traffic(events, orders, "day", AT.dt.date())


def run_all(base: Path, _: Path, work: Path) -> Iterator[Cost]:
    frames = Frames(base)
    for step in ("load", "stage", "sessionize", "marts"):
        yield cost(step, getattr(frames, step))
    for name, frame in frames.made.items():
        frame.drop("items", strict=False).write_parquet(work / f"{name}.parquet")


def _session_events(events: pl.DataFrame) -> pl.DataFrame:
    visits = events.filter(pl.col("client_id").is_not_null()).sort(
        "site", "client_id", "occurred_at", "event_id"
    )
    same_visitor = (pl.col("site") == pl.col("site").shift()) & (
        pl.col("client_id") == pl.col("client_id").shift()
    )
    goes_on = same_visitor & (AT - AT.shift() <= pl.duration(minutes=30))
    visits = visits.with_columns(number=(~goes_on.fill_null(False)).cum_sum() - 1)
    starts = visits.unique("number", keep="first", maintain_order=True)
    ends = visits.unique("number", keep="last", maintain_order=True)["occurred_at"]
    visits = visits.with_columns(
        session_key=_keys(starts, "event_id").gather(visits["number"]),
        session_ended_at=ends.gather(visits["number"]),
    )
    others = events.filter(pl.col("client_id").is_null()).with_columns(
        session_key=pl.lit(None, pl.String), session_ended_at=AT
    )
    return pl.concat([visits.select(SESSION_EVENT), others.select(SESSION_EVENT)])


def _keys(frame: pl.DataFrame, last: str) -> pl.Series:
    """The sha256 that names a session, for each row."""
    texts = frame.select(
        pl.format("{}|{}|{}|{}", "site", pl.col("client_id").str.len_chars(), "client_id", last)
    ).to_series()
    return pl.Series([hashlib.sha256(text.encode()).hexdigest() for text in texts], dtype=pl.String)


def _sessions(events: pl.DataFrame) -> pl.DataFrame:
    return (
        events.lazy()
        .filter(pl.col("session_key").is_not_null())
        .group_by("session_key", "site", "client_id")
        .agg(
            pl.col("user_id").max(),
            started_at=AT.min(),
            ended_at=AT.max(),
            event_count=pl.len(),
            view_count=(NAME == "view_item").sum(),
            has_add_to_cart=(NAME == "add_to_cart").any(),
            has_purchase=(NAME == "purchase").any(),
        )
        .collect()
    )


def _item_events(events: pl.DataFrame) -> pl.DataFrame:
    return (
        events.lazy()
        .filter(pl.col("items").is_not_null())
        .with_columns(pl.col("items").str.json_decode(pl.List(ITEM)))
        .filter(pl.col("items").list.len() > 0)
        .select(
            *("site", "event_id", "client_id", "session_id", "occurred_at", "name", "currency", "items"),
            customer_id=pl.coalesce("user_id", "client_id"),
            position=pl.int_ranges(0, pl.col("items").list.len()),
        )
        .explode("items", "position")
        .unnest("items")
        .filter(pl.col("item_id").is_not_null())
        .with_columns(pl.col("price", "quantity").cast(MONEY))
        .collect()
    )


def _orders(events: pl.DataFrame) -> pl.DataFrame:
    order = ["site", "transaction_id"]
    reports = events.filter(NAME.is_in(["purchase", "refund"]) & pl.col("transaction_id").is_not_null())
    purchases = (
        reports.filter(NAME == "purchase")
        .sort("occurred_at", "event_id")
        .unique(order, keep="first")
        .select(
            *(*order, "event_id", "client_id", "currency", "value", "tax", "shipping"),
            customer_id=pl.coalesce("user_id", "client_id"),
            ordered_at=AT,
            item_count=pl.col("items").str.json_decode(pl.List(ITEM)).list.len(),
        )
    )
    refunds = (
        reports.filter(NAME == "refund")
        .group_by(order)
        .agg(
            refund_count=pl.len(),
            refunded_at=AT.max(),
            refunded=pl.col("value").sum(),
            is_whole=pl.col("value").is_null().any(),
        )
    )
    whole = pl.when("is_whole").then("value").otherwise(pl.col("refunded").fill_null(0))
    return (
        purchases.join(refunds, on=order, how="full", coalesce=True)
        .with_columns(pl.col("refund_count").fill_null(0), refunded_value=whole)
        .drop("refunded", "is_whole")
    )


def _next_item_sessions(events: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    own = events.lazy().filter(pl.col("session_id").is_null() & (NAME == "view_item"))
    sessions = (
        items.lazy()
        .filter((NAME == "view_item") & pl.col("client_id").is_not_null())
        .join(own.select("site", "event_id", "session_key"), on=FIRST_ITEM, how="left")
        .sort("occurred_at", "event_id", "position")
        .group_by("site", "client_id", "session_id", "session_key")
        .agg(
            item_ids=pl.col("item_id").tail(LONGEST),
            occurred_at_ms=AT.dt.epoch("ms").tail(LONGEST),
            started_at=AT.tail(LONGEST).first(),
            ended_at=AT.last(),
        )
        .collect()
    )
    named = sessions.filter(pl.col("session_id").is_not_null())
    unnamed = sessions.filter(pl.col("session_id").is_null())
    return pl.concat([named.with_columns(session_key=_keys(named, "session_id")), unnamed]).drop("session_id")


def _purchase_intent_sessions(events: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    first_items = items.lazy().filter(pl.col("position") == 0).select("site", "event_id", "item_id")
    bought_at = AT.filter(NAME == "purchase").min().over("session_key")
    return (
        events.lazy()
        .filter(pl.col("session_key").is_not_null())
        .with_columns(purchased_at=bought_at, started_at=AT.min().over("session_key"))
        .filter(pl.col("purchased_at").is_null() | (pl.col("purchased_at") > AT))
        .join(first_items, on=FIRST_ITEM, how="left", maintain_order="left")
        .group_by("session_key")
        .agg(
            pl.col("site", "client_id", "started_at").first(),
            ended_at=pl.col("session_ended_at").first(),
            event_names=NAME.tail(LONGEST),
            occurred_at_ms=AT.dt.epoch("ms").tail(LONGEST),
            item_ids=pl.col("item_id").fill_null("").tail(LONGEST),
            event_values=pl.col("value").fill_null(0).tail(LONGEST),
            has_purchase=pl.col("purchased_at").first().is_not_null(),
        )
        .collect()
    )


def _customer_items(items: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    counted = orders.lazy().filter(pl.col("event_id").is_not_null())
    is_order = pl.col("transaction_id").is_not_null()
    return (
        items.lazy()
        .filter(pl.col("customer_id").is_not_null() & NAME.is_in(["view_item", "add_to_cart", "purchase"]))
        .join(counted.select("site", "event_id", "transaction_id"), on=FIRST_ITEM, how="left")
        .with_columns(pl.when(is_order).then(pl.col("quantity").fill_null(1)).otherwise(0).alias("quantity"))
        .group_by("site", "customer_id", "item_id")
        .agg(
            view_count=(NAME == "view_item").sum(),
            add_to_cart_count=(NAME == "add_to_cart").sum(),
            order_count=pl.col("transaction_id").drop_nulls().n_unique(),
            quantity=pl.col("quantity").sum(),
            first_at=AT.min(),
            last_at=AT.max(),
        )
        .collect()
    )


def _catalogue(items: pl.DataFrame) -> pl.DataFrame:
    priced = pl.col("currency").filter(pl.col("price").is_not_null())
    return (
        items.lazy()
        .sort("occurred_at", "event_id", "position")
        .group_by("site", "item_id")
        .agg(
            pl.col("item_name", "item_brand", "item_category", "price").drop_nulls().last(),
            currency=priced.drop_nulls().last(),
            first_seen_at=AT.first(),
            last_seen_at=AT.last(),
        )
        .collect()
    )


def _searches(events: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    is_view = (pl.col("position") == 0) & (NAME == "view_item")
    first_items = items.lazy().filter(is_view).select("site", "event_id", "item_id")
    is_search = NAME == "search"
    search = ["session_key", "search_number"]
    numbered = (
        events.lazy()
        .filter(pl.col("session_key").is_not_null())
        .filter(is_search.any().over("session_key"))
        .with_columns(search_number=is_search.cum_sum().over("session_key"))
        .filter(pl.col("search_number") > 0)
    )
    outcomes = (
        numbered.join(first_items, on=FIRST_ITEM, how="left", maintain_order="left")
        .group_by(search)
        .agg(
            view_count=(NAME == "view_item").sum(),
            first_item_id=pl.col("item_id").drop_nulls().first(),
            has_add_to_cart=(NAME == "add_to_cart").any(),
            has_purchase=(NAME == "purchase").any(),
        )
    )
    return (
        numbered.filter(is_search)
        .select(
            *("site", "event_id", "client_id", "session_ended_at", *search),
            searched_at=AT,
            search_term=pl.col("search_term").str.strip_chars(" ").str.to_lowercase(),
        )
        .join(outcomes, on=search)
        .drop("search_number")
        .collect()
    )


def _traffic(events: pl.DataFrame, orders: pl.DataFrame, name: str, period: pl.Expr) -> pl.DataFrame:
    """
    Args:
        name, period: what to call a period, and how it is made from `occurred_at`.
    """
    visits = (
        events.lazy()
        .group_by("site", period.alias(name))
        .agg(
            event_count=pl.len(),
            visitor_count=pl.col("client_id").drop_nulls().n_unique(),
            session_count=pl.col("session_key").drop_nulls().n_unique(),
            view_count=(NAME == "view_item").sum(),
            add_to_cart_count=(NAME == "add_to_cart").sum(),
            search_count=(NAME == "search").sum(),
        )
    )
    placed = (
        orders.lazy()
        .filter(pl.col("ordered_at").is_not_null())
        .rename({"ordered_at": "occurred_at"})
        .group_by("site", period.alias(name))
        .agg(order_count=pl.len(), revenue=pl.col("value").sum())
    )
    return (
        visits.join(placed, on=["site", name], how="left")
        .with_columns(pl.col("order_count", "revenue").fill_null(0), prediction_count=pl.lit(0))
        .collect()
    )
