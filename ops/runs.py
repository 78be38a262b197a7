"""
What was trained: `python -m ops runs`, as a table, two side by side, as a page with a leaderboard per model.

It reads marts.training_runs, so a run shows once the tables have been refreshed after it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from rich.markup import escape as escape_markup
from rich.table import Column, Table

from domain import html
from ops import checks, cloud
from ops.progress import console
from training import contracts
from warehouse import run as sql

RUNS = """
select
    run_id, model, version, status, owner, snapshot_id, code_version, started_at, ended_at, cost_usd,
    to_json(parameters) as parameters, to_json(metrics) as metrics, to_json(reasons) as reasons
from marts.training_runs
order by ended_at desc, run_id
"""
BAD = ("Failed", "Rejected")
WIDTH, HEIGHT = 160, 28  # pixels of a series


class NoSuchRun(LookupError):
    """No run of that name, or of that model and version, is in the warehouse."""


@dataclass(frozen=True, kw_only=True)
class Run:
    run_id: str
    model: str
    version: str | None  # of a run that failed, none
    status: str
    owner: str
    snapshot_id: str
    code_version: str | None
    started_at: datetime | None
    ended_at: datetime
    cost_usd: float | None
    parameters: Mapping[str, Any]
    metrics: Mapping[str, Any]  # name → number, or the list of a series
    reasons: Sequence[str]  # why it failed, or was refused

    @property
    def name(self) -> str:
        return f"{self.model}/{self.version}" if self.version else self.run_id

    @property
    def primary(self) -> float | None:
        """By the metric that the model's contract puts first today; an older run may not have it."""
        value = self.metrics.get(contracts.of(self.model).primary.name)
        return None if value is None else float(value)


def main(environment: str, *, model: str | None, compare: Sequence[str], mlflow: str | None = None) -> int:
    """
    Args:
        compare: two runs, each a run_id or model/version; none: all runs, of *model* if it is given.
        mlflow: the URI of an MLflow server that is to have them too.

    Raises:
        NoSuchRun, NotDeployed, CloudNotRunning
    """
    with closing(checks.connect(environment)) as connection:
        runs = of(connection)
    if compare:
        one, other = (find(runs, name) for name in compare)
        console.print(beside(one, other))
        return 0
    chosen = [run for run in runs if model in (None, run.model)]
    out = cloud.STATE / "runs.html"
    write(chosen, out=out)
    console.print(
        table(chosen) if chosen else "No run yet: each shows once the tables are refreshed after it."
    )
    for run in chosen:
        if run.reasons:
            console.print(f"[red]{escape_markup(run.name)}[/]: {escape_markup('; '.join(run.reasons))}")
    console.print(f"A leaderboard per model: {out}")
    if mlflow:
        from ops import mlflow_export

        console.print(f"{mlflow_export.export(chosen, uri=mlflow)} runs are new in {mlflow}")
    return 0


def of(connection: Any) -> list[Run]:
    """Of models that there still are, the newest first."""
    rows = sql.execute(connection, RUNS)
    return [_run(row) for row in rows if row["model"] in contracts.models()]


def find(runs: Iterable[Run], name: str) -> Run:
    for run in runs:
        if name in (run.run_id, run.name):
            return run
    raise NoSuchRun(f"{name!r} is no run_id and no model/version in marts.training_runs")


def table(runs: Iterable[Run]) -> Table:
    names = ("status", "metric", "CPU s", "USD", "ended")
    shown = Table(Column("run", overflow="fold"), *names, title="Runs", title_justify="left")
    for run in runs:
        cells = (run.name, run.status, *_cells(run))
        shown.add_row(*map(escape_markup, cells), style="red" if run.status in BAD else None)
    return shown


def _cells(run: Run) -> tuple[str, str, str, str]:
    metric = contracts.of(run.model).primary.name
    cost = "–" if run.cost_usd is None else f"{run.cost_usd:.4f}"
    cpu_seconds = f"{run.metrics.get('cpu_seconds', 0):.1f}"
    return f"{metric} {_number(run.primary)}", cpu_seconds, cost, f"{run.ended_at:%Y-%m-%d %H:%M}"


def beside(one: Run, other: Run) -> Table:
    """Everything that is known of both; what differs stands out."""
    shown = Table("", one.name, other.name, "", title="Two runs", title_justify="left")
    first, second = _known(one), _known(other)
    for name in {**first, **second}:
        values = [_text(known.get(name)) for known in (first, second)]
        is_same = values[0] == values[1]
        change = "" if is_same else _change(first.get(name), second.get(name))
        shown.add_row(name, *map(escape_markup, values), change, style="dim" if is_same else None)
    return shown


def _known(run: Run) -> dict[str, Any]:
    about = {
        name: getattr(run, name) for name in ("run_id", "status", "owner", "snapshot_id", "code_version")
    }
    about |= {"ended_at": f"{run.ended_at:%Y-%m-%d %H:%M}", "cost_usd": run.cost_usd}
    about |= {"reasons": "; ".join(run.reasons) or None}
    return {**about, **{f"parameter {name}": value for name, value in run.parameters.items()}, **run.metrics}


def _change(one: Any, other: Any) -> str:
    is_number = isinstance(one, int | float) and isinstance(other, int | float)
    return f"{other - one:+.4g}" if is_number else "differs"


def write(runs: Sequence[Run], *, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page(runs), encoding="utf-8")


def page(runs: Sequence[Run]) -> str:
    """A leaderboard per model, the best first by the first metric of its contract."""
    models = sorted({run.model for run in runs})
    boards = [_board(model, [run for run in runs if run.model == model]) for model in models]
    return html.page("runs", "<h1>Trainings</h1>", *(boards or ["<p>None yet.</p>"]))


def _board(model: str, runs: Sequence[Run]) -> str:
    contract = contracts.of(model)
    names = [metric.name for metric in contract.metrics]
    sign = -1 if contract.primary.is_higher_better else 1
    ranked = sorted(runs, key=lambda run: (run.primary is None, sign * (run.primary or 0)))
    rows = (
        (
            f"<b>{escape(run.version or '–')}</b><br><small>{escape(run.run_id)}</small>",
            _status(run.status),
            *(_number(run.metrics.get(name)) for name in names),
            series(run.metrics.get(f"searched_{names[0]}", ())),
            *map(escape, _cells(run)[1:]),
            html.folded(
                "parameters", "<br>".join(escape(f"{name} {value}") for name, value in run.parameters.items())
            ),
            "<br>".join(map(escape, run.reasons)),
        )
        for run in ranked
    )
    head = ("version", "status", *names, "points of the search", "CPU s", "USD", "ended", "", "why")
    word = "higher" if contract.primary.is_higher_better else "lower"
    return (
        f"<h2>{escape(model)}</h2><p>{escape(contract.question)} By {escape(names[0])}: "
        f"{escape(contract.primary.meaning)}; {word} is better.</p>" + html.table(head, rows)
    )


def _status(status: str) -> str:
    kind = "good" if status == "Approved" else "bad" if status in BAD else "soft"
    return f'<span class="{kind}">{escape(status)}</span>'


def series(values: Sequence[float]) -> str:
    """The numbers as a line, the first at the left."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    step, height = WIDTH / (len(values) - 1), (HEIGHT - 4) / ((high - low) or 1)
    points = " ".join(f"{n * step:.1f},{2 + (high - value) * height:.1f}" for n, value in enumerate(values))
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}" role="img"><title>{low:g} to {high:g}</title>'
        f'<polyline points="{points}" fill="none" stroke="var(--teal)" stroke-width="1.5"/></svg>'
    )


def _number(value: Any) -> str:
    return "–" if value is None else f"{value:.4f}"


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(f"{each:.4g}" for each in value)
    return "–" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _run(row: Mapping[str, Any]) -> Run:
    return Run(
        **{
            **row,
            "cost_usd": None if row["cost_usd"] is None else float(row["cost_usd"]),
            "parameters": json.loads(row["parameters"] or "{}"),
            "metrics": json.loads(row["metrics"] or "{}"),
            "reasons": json.loads(row["reasons"] or "[]"),
        }
    )
