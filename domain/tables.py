"""
The warehouse as Python sees it: its tables in the order they are made.
"""

LAYERS: dict[str, tuple[str, ...]] = {
    "staging": ("events",),
    "intermediate": ("session_events", "sessions"),
    "marts": ("next_item_sessions",),
}
