"""
Tables and what they read, as inline SVG: columns of boxes from left to right, and lines between them.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

ROW, BOX = 34, 24  # pixels from one box to the next, and its height
LETTER, GAP = 6.6, 46  # width of a letter, and between two columns
TOP, EDGE = 30, 4  # above the first box, and around it all

Columns = Sequence[tuple[str, Sequence[str]]]  # title, and the tables below it
Place = tuple[int, int]  # left, middle


def draw(columns: Columns, reads: Mapping[str, Iterable[str]], *, shorten: bool = True) -> str:
    """
    Args:
        reads: table → the tables it reads; those that are in no column are left out.
        shorten: without the schema, where the column's title says it.
    """
    labels = {
        table: table.partition(".")[2] if shorten else table for _, tables in columns for table in tables
    }
    box = round(max(map(len, labels.values())) * LETTER) + 18
    places = _places(columns, box)
    edges = [(source, table) for table in places for source in reads.get(table, ()) if source in places]
    width = len(columns) * (box + GAP) + 2 * EDGE
    height = TOP + max((len(tables) for _, tables in columns), default=0) * ROW + EDGE
    numbers = {table: number for number, table in enumerate(places)}
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return (
        f'<div class="scroll"><svg {size} role="img">'
        f"<style>{''.join(_highlight(number) for number in numbers.values())}</style>"
        + "".join(_title(title, EDGE + number * (box + GAP)) for number, (title, _) in enumerate(columns))
        + "".join(_line(places, numbers, box, *edge) for edge in edges)
        + "".join(_box(table, labels[table], place, box, numbers[table]) for table, place in places.items())
        + "</svg></div>"
    )


def _places(columns: Columns, box: int) -> dict[str, Place]:
    """Short columns stand in the middle of the longest."""
    most = max((len(tables) for _, tables in columns), default=0)
    return {
        table: (EDGE + number * (box + GAP), TOP + (most - len(tables)) * ROW // 2 + row * ROW + BOX // 2)
        for number, (_, tables) in enumerate(columns)
        for row, table in enumerate(tables)
    }


def _highlight(number: int) -> str:
    """Whoever points at a table sees what it reads and who reads it."""
    return f"svg:has(.b{number}:hover) .e{number}{{stroke:var(--teal);stroke-width:2.2}}"


def _title(title: str, x: int) -> str:
    return f'<text class="layer" x="{x}" y="14">{escape(title)}</text>'


def _line(places: Mapping[str, Place], numbers: Mapping[str, int], box: int, source: str, table: str) -> str:
    (from_x, from_y), (to_x, to_y) = places[source], places[table]
    start, bend = from_x + box, GAP * 0.8
    # within a column it leaves and comes back on the right
    end, back = (to_x, -bend) if to_x > from_x else (to_x + box, bend)
    path = f"M{start},{from_y} C{start + bend:g},{from_y} {end + back:g},{to_y} {end},{to_y}"
    return f'<path class="e{numbers[source]} e{numbers[table]}" d="{path}"/>'


def _box(table: str, label: str, place: Place, box: int, number: int) -> str:
    x, y = place
    return (
        f'<a class="b{number}" href="{escape(table)}.html">'
        f'<rect x="{x}" y="{y - BOX // 2}" width="{box}" height="{BOX}" rx="5"/>'
        f'<text x="{x + 8}" y="{y + 4}">{escape(label)}</text></a>'
    )
