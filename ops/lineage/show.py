"""
Where an answer comes from, and where a visitor went: `python -m ops lineage`, as a tree and as a page.
"""

from collections.abc import Mapping
from contextlib import closing
from html import escape
from pathlib import Path

from rich.markup import escape as escape_markup
from rich.tree import Tree

from domain import html
from ops import checks, cloud, deploy
from ops.lineage.find import Lineage, Step, walked
from ops.progress import console

WIDTH, HEIGHT, GAP = 186, 44, 22  # pixels of a box, and between two
LETTERS = 23  # that fit a box; of a longer name the end, which tells a file from others

Place = tuple[float, float]  # a box's left and upper edge


def main(environment: str, *, name: str, is_visitor: bool) -> int:
    """
    Args:
        name: a prediction_id, a model/version or a snapshot's id; of a visitor, the client_id.

    Raises:
        NotFound, NotDeployed, CloudNotRunning
    """
    with closing(checks.connect(environment)) as connection:
        lineage = Lineage(connection, deploy.outputs(environment))
        steps = lineage.of_visitor(name) if is_visitor else lineage.of(name)
    out = cloud.STATE / "lineage.html"
    write(steps, out=out)
    for step in steps:
        console.print(tree(step))
    console.print(f"The same as a page: {out}")
    return 0


def tree(step: Step) -> Tree:
    shown = Tree(f"[bold]{step.kind}[/] {escape_markup(step.name)}")
    for name, value in step.facts.items():
        shown.add(f"[dim]{name}: {escape_markup(value)}[/]")
    for each in step.made_from:
        shown.add(tree(each))
    return shown


def write(steps: list[Step], *, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page(steps), encoding="utf-8")


def page(steps: list[Step]) -> str:
    parts = [f"<h2>{escape(step.kind)} {escape(step.name)}</h2>{drawn(step)}{_facts(step)}" for step in steps]
    return html.page("lineage", "<h1>Where it comes from</h1>", *parts)


def drawn(step: Step) -> str:
    """What was named at the top, below each thing what it was made from; what two share is one box."""
    rows = _rows(step)
    widest = max(map(len, rows.values()))
    places = {
        name: (((widest - len(row)) / 2 + column) * (WIDTH + GAP), line * (HEIGHT + GAP))
        for line, row in rows.items()
        for column, name in enumerate(row)
    }
    width, height = widest * (WIDTH + GAP), len(rows) * (HEIGHT + GAP)
    steps = {each.name: each for each in walked(step)}
    lines = {(each.name, source.name) for each in walked(step) for source in each.made_from}
    return (
        f'<div class="scroll"><svg width="{width}" height="{height}" role="img">'
        + "".join(_line(places[above], places[below]) for above, below in sorted(lines))
        + "".join(_box(steps[name], place) for name, place in places.items())
        + "</svg></div>"
    )


def _rows(step: Step) -> dict[int, list[str]]:
    """The names in each row, from the top: as low as the longest way to them."""
    depths: dict[str, int] = {}
    level, depth = [step], 0
    while level:
        depths |= dict.fromkeys((each.name for each in level), depth)
        level, depth = [source for each in level for source in each.made_from], depth + 1
    rows: dict[int, list[str]] = {}
    for name, depth in sorted(depths.items(), key=lambda entry: entry[1]):
        rows.setdefault(depth, []).append(name)
    return rows


def _line(above: Place, below: Place) -> str:
    (x, y), (to_x, to_y) = (above[0] + WIDTH / 2, above[1] + HEIGHT), (below[0] + WIDTH / 2, below[1])
    return f'<path d="M{x:g},{y:g} C{x:g},{y + GAP:g} {to_x:g},{to_y - GAP:g} {to_x:g},{to_y:g}"/>'


def _box(step: Step, place: Place) -> str:
    x, y = place
    name = step.name if len(step.name) <= LETTERS else f"…{step.name[1 - LETTERS :]}"
    box = f'x="{x + 1:g}" y="{y + 1:g}" width="{WIDTH - 2}" height="{HEIGHT - 2}" rx="5"'
    return (
        f'<a href="#{escape(step.name)}"><rect {box}/>'
        f'<text class="layer" x="{x + 9:g}" y="{y + 17:g}">{escape(step.kind)}</text>'
        f'<text x="{x + 9:g}" y="{y + 34:g}">{escape(name)}</text></a>'
    )


def _facts(step: Step) -> str:
    rows = (
        (escape(each.kind), f'<a id="{escape(each.name)}"></a>{escape(each.name)}', _list(each.facts))
        for each in walked(step)
    )
    return html.table(("", "", "what is known"), rows)


def _list(facts: Mapping[str, str]) -> str:
    return "<br>".join(f"<small>{escape(name)}</small> {escape(value)}" for name, value in facts.items())
