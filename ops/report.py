"""
What the journey found: as a table, as JSON for programs, as one self-contained page for people.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from rich.markup import escape as escape_markup
from rich.table import Table

from ops.progress import console

# keys of journey.json, which other programs may read
KEYS = (
    "data",
    "sent",
    "accepted",
    "rejected",
    "raw",
    "staged",
    "events",
    "import",
    "sessions",
    "snapshot",
    "no_model",
    "models",
    "together",
    "version",
    "metrics",
    "baseline_metrics",
    "predictions",
    "lineage",
    "alarm",
    "seconds",
)
SHOWN = 5  # items of an answer
PAGE = Path(__file__).with_name("journey.html")


def write(found: Mapping[str, Any], *, folder: Path) -> None:
    """Write journey.json and journey.html into *folder*."""
    (folder / "journey.json").write_text(json.dumps({key: found[key] for key in KEYS}, indent=2) + "\n")
    (folder / "journey.html").write_text(page(found))


def show(found: Mapping[str, Any]) -> None:
    table = Table(title=f"The way of {found['sent']:,} events", title_justify="left", show_header=False)
    for name, value in rows(found):
        table.add_row(escape_markup(name), escape_markup(value))
    console.print(table)


def rows(found: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """The table's lines: what, how much."""
    yield "data", found["data"]
    for name in ("sent", "accepted", "rejected", "raw", "staged", "sessions"):
        yield name, f"{found[name]:,}"
    yield "duplicates", f"{found['raw'] - found['staged']:,} sent more than once, staged once"
    for name, count in found["events"].items():
        yield f"staged: {name}", f"{count:,}"
    for name, value in found["import"].items():
        yield f"file: {name}", value
    yield "snapshot", found["snapshot"] or "none"
    if model := found["metrics"]:
        popularity = found["baseline_metrics"]
        yield "hit rate @20", f"{model['hit_rate_20']:.4f}   popularity {popularity['hit_rate_20']:.4f}"
        yield "MRR @20", f"{model['mrr_20']:.4f}   popularity {popularity['mrr_20']:.4f}"
        yield "hit rate @20, new items too", f"{model['hit_rate_20_all']:.4f}"
    if found["no_model"]:
        yield "no model, because", found["no_model"]
    yield "live version", f"{found['version'] or 'none'}   before it: {found['before']['metadata']['tier']}"
    for model, about in found["models"].items():
        yield f"model: {model}", f"{fate(about)}; asked, it said {said(about['answer'], found['names'])}"
    for answer in found["predictions"][:3]:
        yield "prediction", prediction(answer, found["names"])
    yield "an answer, traced back", way_back(found["lineage"])
    yield "alarm", f"{found['alarm']['name']} fired and cleared"
    yield "seconds", "  ".join(f"{name} {value}" for name, value in found["seconds"].items())


def prediction(answer: Mapping[str, Any], names: Mapping[str, str]) -> str:
    items = ", ".join(name_of(item, names) for item in answer["items"][:SHOWN]) or "nothing"
    return f"{answer['metadata']['tier']}: after {name_of(answer['seen'][-1], names)} → {items}"


def way_back(lineage: Iterable[Sequence[str]]) -> str:
    """The names of each kind of thing behind an answer, counted where there are several."""
    by_kind: dict[str, list[str]] = {}
    for kind, name in lineage:
        by_kind.setdefault(kind, []).append(name)
    return " ← ".join(
        f"{kind} {names[0]}" if len(names) == 1 else f"{len(names)} {kind}s"
        for kind, names in by_kind.items()
    )


def fate(about: Mapping[str, Any]) -> str:
    return f"version {about['version']} is live" if about["approved"] else about["refused"]


def said(answer: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """An answer of any model in a few words."""
    data = answer["data"]
    items = ", ".join(name_of(item, names) for item in data.get("items", ())[:SHOWN])
    values = (f"{name} {value}" for name, value in data.items() if name != "items")
    return f"{items or ', '.join(values) or 'nothing'} ({answer['metadata']['tier']})"


def name_of(item: Mapping[str, Any], names: Mapping[str, str]) -> str:
    return names.get(item["item_id"], item["item_id"])


def page(found: Mapping[str, Any]) -> str:
    """One HTML page: no script, nothing loaded from elsewhere."""
    return Template(PAGE.read_text()).substitute(
        data=escape(found["data"]),
        way=_way(found),
        events=_bars(found["events"]),
        file=_facts(found["import"]),
        metrics=_metrics(found),
        models=_models(found),
        predictions="".join(_visit(answer, found["names"]) for answer in found["predictions"]),
        lineage=escape(way_back(found["lineage"])),
        alarm=escape(found["alarm"]["name"]),
        seconds=_bars(found["seconds"], unit=" s"),
    )


def _way(found: Mapping[str, Any]) -> str:
    stations = [
        ("sent over HTTP", found["sent"]),
        ("accepted", found["accepted"]),
        ("in raw.events", found["raw"]),
        ("staged, once each", found["staged"]),
        ("sessions", found["sessions"]),
    ]
    boxes = [f"<li><b>{count:,}</b>{escape(title)}</li>" for title, count in stations]
    version = found["version"]
    boxes.append(
        f"<li><b>version {escape(version)}</b>live</li>" if version else "<li><b>no model</b>live</li>"
    )
    return "".join(boxes)


def _facts(facts: Mapping[str, str]) -> str:
    """What was met in the file, where the events came from one."""
    lines = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in facts.items()
    )
    return f"<h2>What the file held</h2><table>{lines}</table>" if lines else ""


def _metrics(found: Mapping[str, Any]) -> str:
    model, popularity = found["metrics"], found["baseline_metrics"]
    if not model:
        return f"<tr><td>No model: {escape(found['no_model'])}</td></tr>"
    refused = f"<tr><td colspan='3'>{escape(found['no_model'])}</td></tr>" if found["no_model"] else ""
    return refused + _bars(
        {
            "hit rate @20": model["hit_rate_20"],
            "hit rate @20, popularity": popularity["hit_rate_20"],
            "hit rate @20, items unseen in training as misses": model["hit_rate_20_all"],
            "MRR @20": model["mrr_20"],
            "MRR @20, popularity": popularity["mrr_20"],
        },
        largest=1.0,
    )


def _models(found: Mapping[str, Any]) -> str:
    rows = (
        (model, fate(about), said(about["answer"], found["names"]))
        for model, about in found["models"].items()
    )
    return "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)


def _bars(values: Mapping[str, float], *, largest: float = 0, unit: str = "") -> str:
    full = largest or max(values.values(), default=0) or 1
    return "".join(
        f"<tr><th>{escape(name)}</th><td><i style='width:{value / full:.1%}'></i></td>"
        f"<td>{_short(value)}{unit}</td></tr>"
        for name, value in values.items()
    )


def _short(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _visit(answer: Mapping[str, Any], names: Mapping[str, str]) -> str:
    came = answer["came"]["item_id"]
    seen = " → ".join(escape(name_of(item, names)) for item in answer["seen"][-SHOWN:])
    shown = ", ".join(
        f"<mark>{name}</mark>" if item["item_id"] == came else name
        for item in answer["items"][:SHOWN]
        for name in [escape(name_of(item, names))]
    )
    place = next((n for n, item in enumerate(answer["items"], start=1) if item["item_id"] == came), "–")
    cells = (seen, shown, escape(name_of(answer["came"], names)), str(place))
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
