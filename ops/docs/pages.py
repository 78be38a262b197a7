"""
The pages of the warehouse's documentation: one for all, one for each table and view.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from sqlglot import exp

from domain import html
from domain.tables import TABLES
from ops.checks import Found
from ops.docs import graph, lineage, relations, statements
from ops.docs.lineage import Definition, Source
from ops.docs.relations import Column, Relation
from warehouse import checks

CHANGES = (exp.Create, exp.Insert, exp.Merge, exp.Update, exp.Delete)
LAYERS = ("raw", "staging", "intermediate", "marts", "live")  # from left to right; operations reads nobody
NOT_RUN = "not run here"
KINDS = {"passed": "good", "warned": "warn", "stopped": "bad"}

Results = Mapping[tuple[str, str], Found]  # by table and check


@dataclass(frozen=True, kw_only=True)
class Site:
    """What all pages are made from; *results* are those of the last runs, if a warehouse was there to ask."""

    relations: Mapping[str, Relation]
    reads: Mapping[str, frozenset[str]]
    readers: Mapping[str, tuple[str, ...]]  # files that only read
    results: Results


def site(results: Results) -> Site:
    declared = relations.declared()
    return Site(
        relations=declared,
        reads={name: read - {name} for name, read in _reads(declared).items()},
        readers={name: _other_readers(name) for name in declared},
        results=results,
    )


def index(site: Site) -> str:
    layers = [(layer, _in_order(site, layer)) for layer in LAYERS]
    listed = [*layers, ("operations", _in_order(site, "operations"))]
    return html.page(
        "the warehouse",
        "<h1>The warehouse</h1>",
        "<p>Every table and view, from the SQL itself. The log arrives in <b>raw</b>; each layer is made "
        "from those on its left. Point at a table to see what it reads and who reads it.</p>",
        graph.draw(layers, site.reads),
        *(f"<h2>{layer}</h2>" + _listed(site, names) for layer, names in listed),
    )


def relation(site: Site, name: str) -> str:
    shown = site.relations[name]
    readers = [other for other, read in site.reads.items() if name in read]
    return html.page(
        name,
        f'<nav><a href="index.html">The warehouse</a> › {shown.layer}</nav>',
        f"<h1>{name}</h1>",
        f"<p>{escape(_about(shown))} <span class='soft'>A {shown.kind}; one row per: "
        f"{escape(shown.grain)}.</span></p>",
        "<h2>What it reads, and who reads it</h2>",
        _neighbours(site, name, readers),
        "<h2>Columns</h2>",
        _columns(shown),
        "<h2>Checks</h2>" + _checks(site, name) if _has_checks(name) else "",
        f"<h2>SQL</h2><p class='soft'>warehouse/{shown.file}.sql</p>",
        *(html.sql(statement.text + ";") for statement in statements.of(shown.file)),
    )


def _about(shown: Relation) -> str:
    """Its description, and what the comment in its file says beyond that."""
    if shown.about.startswith(shown.description):
        return shown.about
    return f"{shown.description}. {shown.about}"


def _reads(names: Iterable[str]) -> dict[str, frozenset[str]]:
    """What the statements that make, fill and clear a table read."""
    found: dict[str, frozenset[str]] = dict.fromkeys(names, frozenset())
    for file in statements.files():
        for tree in statements.trees(file):
            if isinstance(tree, CHANGES):
                found[relations.name(tree.this)] |= relations.reads(tree)
    return found


def _other_readers(name: str) -> tuple[str, ...]:
    files = [*statements.folder_of("snapshots"), *statements.folder_of("checks"), "counts"]
    return tuple(f for f in files if any(name in relations.reads(tree) for tree in statements.trees(f)))


def _in_order(site: Site, layer: str) -> list[str]:
    """The tables of a layer: each below those of its layer that it reads."""
    waiting = [name for name, shown in site.relations.items() if shown.layer == layer]
    ordered: list[str] = []
    while waiting:
        ready = [name for name in waiting if site.reads[name].isdisjoint(waiting)]
        ordered += ready or waiting
        waiting = [name for name in waiting if name not in ordered]
    return ordered


def _listed(site: Site, names: list[str]) -> str:
    rows = (
        (
            _link(name),
            escape(site.relations[name].description),
            f"<small>{escape(site.relations[name].grain)}</small>",
            f"<small>{_verdicts(site, name)}</small>",
        )
        for name in names
    )
    return html.table(("table", "what it holds", "one row per", "checks"), rows)


def _neighbours(site: Site, name: str, readers: list[str]) -> str:
    read = sorted(site.reads[name], key=list(site.relations).index)
    beside = [("reads", read), ("", [name]), ("is read by", [r for r in readers if r not in read])]
    picture = graph.draw(
        [column for column in beside if column[1]],
        {name: read, **{reader: [name] for reader in readers}},
        shorten=False,
    )
    files = ", ".join(f"<code>{escape(file)}</code>" for file in site.readers[name])
    return picture + (f"<p class='soft'>Read also by {files}</p>" if files else "")


def _columns(shown: Relation) -> str:
    rows = "".join(
        f'<tr id="{column.name}"><td><code>{column.name}</code></td><td><small>{column.type}</small></td>'
        f"<td>{escape(column.description)}</td><td>{_origin(shown, column)}</td></tr>"
        for column in shown.columns
    )
    head = "".join(f"<th>{title}</th>" for title in ("column", "type", "what it says", "where it comes from"))
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead>{rows}</table></div>'


def _origin(shown: Relation, column: Column) -> str:
    """In short what the column is made from, and on a click the whole way down to the log."""
    found = lineage.definitions().get((shown.name, column.name), ())
    direct = list(dict.fromkeys(source for definition in found for source in definition.sources))
    if not direct:
        return "<br>".join(f"<code>{escape(d.expression)}</code>" for d in found if d.expression)
    short = ", ".join(f"<code>{escape(_words(source))}</code>" for source in direct[:3])
    more = f" and {len(direct) - 3} more" if len(direct) > 3 else ""
    return html.folded(short + more, _tree(found, seen=((shown.name, column.name),)))


def _tree(found: tuple[Definition, ...], *, seen: tuple[tuple[str, str], ...]) -> str:
    """Nested lists; a column that is on the way already is not followed again."""
    items = []
    for definition in found:
        inner = "".join(_branch(source, definition.file, seen) for source in definition.sources)
        if definition.expression:
            items.append(f"<li><code>{escape(definition.expression)}</code><ul>{inner}</ul></li>")
        else:
            items.append(inner)
    return f"<ul>{''.join(dict.fromkeys(items))}</ul>"


def _branch(source: Source, file: str, seen: tuple[tuple[str, str], ...]) -> str:
    here = (source.relation, source.column)
    link = f'<a href="{source.relation}.html#{source.column}"><code>{escape(_words(source))}</code></a>'
    following = lineage.behind(source, file=file) if here not in seen else ()
    return f"<li>{link}{_tree(following, seen=(*seen, here)) if following else ''}</li>"


def _words(source: Source) -> str:
    colon = ":" if source.path and not source.path.startswith("[") else ""
    return f"{source.relation}.{source.column}{colon}{source.path}"


def _has_checks(name: str) -> bool:
    return name in {table.full_name for table in TABLES}


def _checks(site: Site, name: str) -> str:
    [table] = [table for table in TABLES if table.full_name == name]
    rows = (
        (
            escape(check.name) + html.folded("<small>the rows it looks for</small>", html.sql(check.query)),
            check.severity,
            _verdict(site.results.get((name, check.name))),
        )
        for check in checks.of(table, is_first=False)
    )
    return html.table(("what must hold", "severity", "last result"), rows)


def _verdict(found: Found | None) -> str:
    if found is None:
        return f'<span class="soft">{NOT_RUN}</span>'
    rows = f", {found.offending_rows:,} rows" if found.offending_rows else ""
    said = f'<span class="{KINDS[found.verdict]}">{found.verdict}{rows}</span>'
    return f"{said}<br><small>as of {found.as_of:%Y-%m-%d %H:%M}</small>"


def _verdicts(site: Site, name: str) -> str:
    """How many checks a table has, and how they went."""
    tables = [table for table in TABLES if table.full_name == name]
    found = [
        site.results.get((name, check.name)) for table in tables for check in checks.of(table, is_first=False)
    ]
    verdicts = Counter(result.verdict if result else NOT_RUN for result in found)
    words = (
        f'<span class="{KINDS.get(verdict, "soft")}">{n} {verdict}</span>' for verdict, n in verdicts.items()
    )
    return ", ".join(words)


def _link(name: str) -> str:
    return f'<a href="{name}.html">{name}</a>'
