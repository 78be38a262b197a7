"""
The warehouse as Python sees it: its tables in the order they are made, and what is read from marts.
"""

LAYERS: dict[str, tuple[str, ...]] = {
    "staging": ("events",),
    "intermediate": ("session_events", "sessions"),
    "marts": ("next_item_sessions",),
}

# A snapshot of a model holds exactly these, its names in capitals, its arrays as JSON text.
SNAPSHOT_COLUMNS: dict[str, tuple[str, ...]] = {
    "next_item": (
        "session_key",
        "site",
        "client_id",
        "started_at",
        "ended_at",
        "item_ids",
        "occurred_at_ms",
    ),
}
