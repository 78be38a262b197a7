"""
The card of a model version: one page for whoever must trust it, from its contract and its evaluation. The job
writes it.
"""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from domain import html
from domain.contract import Check, Contract
from domain.evaluation import Evaluation
from training.chart import Line, dots

STYLE = """<style>svg .own line { stroke: var(--teal); stroke-width: 3 } svg .own circle { fill: var(--teal) }
svg .other line { stroke: var(--soft); stroke-width: 2 } svg .other circle { fill: var(--soft) }
svg .axis { stroke: var(--line) } svg .mark { stroke: var(--warn); stroke-dasharray: 4 3 }</style>"""

PASSED, FAILED = "<b class='good'>passed</b>", "<b class='bad'>failed</b>"


def page(contract: Contract, found: Evaluation) -> str:
    return html.page(
        f"{contract.model}, {found.version}",
        STYLE,
        f"<nav>Model card</nav><h1>{escape(contract.question)}</h1>",
        f"<p class='soft'>{escape(contract.model)}, version {escape(found.version)}. Owner: "
        f"{escape(contract.owner)}. As of {_moment(found.as_of)}.</p>",
        _tiles(contract, found),
        f"<h2>What it is for</h2><p>{escape(contract.intended_use)}</p>" + _list(contract.limits),
        "<h2>How good it is</h2>" + _metrics(contract, found),
        "<h2>Better than what?</h2>" + _leads(contract, found),
        "<h2>For whom it works, and for whom less</h2>" + _slices(contract, found),
        "<h2>How it behaves</h2>" + _checks(contract.checks, found.checks),
        "<h2>Does anything give the answer away?</h2>" + _leaks(found),
        "<h2>Examples</h2>" + _examples(found.examples),
        "<h2>Where it comes from</h2>" + _lineage(contract, found),
        "<h2>Parameters, and what they were chosen from</h2>" + _points(contract, found),
        "<h2>What it cost</h2>" + _cost(found),
    )


def _tiles(contract: Contract, found: Evaluation) -> str:
    primary = found.metrics[contract.primary.name]
    lead = min(found.leads.values(), key=lambda lead: lead.value)
    failed = [check.name for check in contract.checks if not check.is_passed(found.checks[check.name])]
    tiles = [
        (f"{primary.value:.3f}", contract.primary.name),
        (f"{lead.value:+.3f}", "over the best baseline"),
        (_beside_champion(found), "over the champion"),
        (f"{len(contract.checks) - len(failed)} of {len(contract.checks)}", "checks of behaviour passed"),
        (str(len(found.leaks)), "leaks found"),
        (f"{found.latency_ms:.2g} ms", "of CPU for an answer"),
    ]
    return (
        f"<ul class='tiles'>{''.join(f'<li><b>{value}</b>{escape(name)}</li>' for value, name in tiles)}</ul>"
    )


def _beside_champion(found: Evaluation) -> str:
    lead = found.champion and found.champion.lead
    return f"{lead.value:+.3f}" if lead else "–"


def _metrics(contract: Contract, found: Evaluation) -> str:
    parts = []
    for metric in contract.metrics:
        own = Line(label="this model", estimate=found.metrics[metric.name])
        others = [
            Line(label=name, estimate=metrics[metric.name], is_own=False)
            for name, metrics in found.baselines.items()
        ]
        word = "higher" if metric.is_higher_better else "lower"
        parts.append(
            f"<h3>{metric.name} <small>{word} is better</small></h3><p>{escape(metric.meaning)}.</p>"
            + dots([own, *others])
        )
    days = f"{contract.test_days} days" if contract.test_days > 1 else "day"
    return (
        f"<p>Measured on {found.counts['predictions']:,} predictions of {found.counts['test_sessions']:,} "
        f"sessions of the last {days}, by a model that had seen none of it. In brackets: 95 % intervals.</p>"
        + "".join(parts)
    )


def _leads(contract: Contract, found: Evaluation) -> str:
    meanings = [f"{baseline.name}: {baseline.meaning}" for baseline in contract.baselines]
    over_baselines = dots(
        [Line(label=f"over {name}", estimate=lead) for name, lead in found.leads.items()],
        mark=contract.minimum_lead,
        mark_label=f"needed: {contract.minimum_lead:g}",
    )
    return (
        f"<p>Its lead by {contract.primary.name}, on the same sessions.</p>{_list(meanings)}{over_baselines}"
        f"{_champion(contract, found)}<p>{escape(_worth(contract))}</p>"
    )


def _champion(contract: Contract, found: Evaluation) -> str:
    champion = found.champion
    if champion is None:
        return "<p>There was no champion yet: no model was in use when this one was trained.</p>"
    if champion.lead is None:
        why = f"Not compared with {champion.version}: {champion.not_compared}."
        return f"<p class='warn'>{escape(why)}</p>"
    return (
        f"<p>The champion is {escape(champion.version)}, the model that was in use. Both were asked about "
        f"the {champion.sessions:,} sessions that neither had learned from.</p>"
        + dots(
            [Line(label="over the champion", estimate=champion.lead)],
            mark=-contract.champion_margin,
            mark_label=f"all of it above {-contract.champion_margin:g}",
        )
    )


def _worth(contract: Contract) -> str:
    value = contract.value
    return f"What a success is worth: {value.usd:g} US dollars per {value.per} ({value.meaning})."


def _slices(contract: Contract, found: Evaluation) -> str:
    parts = [
        f"<h3>{name.replace('_', ' ')}</h3>"
        + dots(
            [
                Line(label=f"{part} ({about.predictions:,})", estimate=about.metric)
                for part, about in parts_of.items()
            ]
        )
        for name, parts_of in found.slices.items()
    ]
    return f"<p>{contract.primary.name}; in brackets how many predictions.</p>" + "".join(parts)


def _checks(checks: Iterable[Check], found: Mapping[str, float]) -> str:
    rows = (
        (
            check.name.replace("_", " "),
            escape(check.meaning),
            f"{found[check.name]:.3f}",
            check.limits,
            "blocks" if check.is_blocking else "is told",
            "<b class='good'>passed</b>"
            if check.is_passed(found[check.name])
            else "<b class='bad'>failed</b>",
        )
        for check in checks
    )
    return html.table(("check", "what it says", "found", "wanted", "a failure", ""), rows)


def _leaks(found: Evaluation) -> str:
    if found.leaks:
        return f"<div class='bad'>{_list(found.leaks)}</div>"
    return (
        "<p>Nothing found. Looked for: the label among the features, events after the moment that the "
        "snapshot is of, sessions that are there twice or in both parts, single features that tell the "
        "answer alone.</p>"
    )


def _examples(examples: Iterable[Mapping[str, Any]]) -> str:
    """Each a row, its names the head; a list is shown line by line."""
    rows = list(examples)
    if not rows:
        return "<p>None.</p>"
    return html.table(tuple(rows[0]), ([_cell(value) for value in row.values()] for row in rows))


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "<br>".join(_cell(each) for each in value)
    if isinstance(value, Mapping):
        return ", ".join(_cell(each) for each in value.values())
    return f"{value:.4g}" if isinstance(value, float) else escape(str(value))


def _lineage(contract: Contract, found: Evaluation) -> str:
    steps = (
        ("table", contract.reads.table),
        ("snapshot", str(found.snapshot["snapshot_id"])),
        ("training job", found.version),
        ("artifact", found.digest[:12]),
    )
    chain = " → ".join(f"<b>{escape(value)}</b> <small>{name}</small>" for name, value in steps)
    learned = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in found.counts.items())
    known = [
        (name.replace("_", " "), _cell(value))
        for name, value in {
            "learned from": learned,
            "columns": ", ".join(contract.reads.columns),
            "newest session": _moment(found.newest_at),
            "code": found.code_version,
            "seed": found.seed,
            **{f"snapshot: {name}": value for name, value in found.snapshot.items() if name != "sql"},
        }.items()
    ]
    return f"<p>{chain}</p>{html.table(('', ''), known)}" + html.folded(
        "The snapshot's SQL", html.sql(str(found.snapshot.get("sql", "")))
    )


def _points(contract: Contract, found: Evaluation) -> str:
    names = list(found.points[0].parameters) if found.points else []
    rows = (
        (
            *(f"{point.parameters[name]}" for name in names),
            f"{point.metric:.4f}",
            f"{point.cpu_seconds:.1f}",
        )
        for point in found.points
    )
    return (
        f"<p>Each row was tried on the {contract.validation_days} days before the test, the best first; that "
        f"one was taken.</p>{_by_part(contract, found)}"
        + html.table((*names, contract.primary.name, "CPU seconds"), rows)
    )


def _by_part(contract: Contract, found: Evaluation) -> str:
    """The parts that another row was better for."""
    others = found.parameters.get(contract.search.by, {})
    values = {
        part: ", ".join(f"{name} {value}" for name, value in own.items()) for part, own in others.items()
    }
    lines = (f"{contract.search.by} {part}: {own}" for part, own in values.items())
    return f"<p>Except for</p>{_list(lines)}" if others else ""


def _cost(found: Evaluation) -> str:
    cost = found.cost
    usd = "no price is known" if cost.usd is None else f"{cost.usd:.4f} US dollars on demand"
    return (
        f"<p>{cost.cpu_seconds:.1f} CPU seconds in {cost.wall_seconds:.1f} s; on {cost.instance}, {usd}. "
        f"Learning the model that ships took {cost.fit_cpu_seconds:.2f} of the CPU seconds.</p>"
    )


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _moment(text: str) -> str:
    return escape(text[:16].replace("T", " ") + " UTC")
