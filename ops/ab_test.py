"""
A/B tests: `python -m ops abtest plan | start | status | stop`; a shadow is looked at in the same way.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from rich.table import Table

from domain import ab_test
from domain.ab_test import Arm
from domain.layer import CHALLENGER, CHAMPION
from ops import checks, releases
from ops.progress import console
from ops.release_commands import SUCCESSES
from warehouse import run

Row = Mapping[str, Any]  # of warehouse/operations/arms.sql


def plan(
    environment: str, model: str, *, rate: float, effect: float, share: float, per_day: float | None
) -> int:
    """How many visitors, and so how many weeks, it takes to see *effect*."""
    visitors = ab_test.visitors_needed(rate, effect)
    daily = per_day or _visitors_per_day(environment, model)
    console.print(f"From {rate:.2%} to {rate + effect:.2%}: {visitors:,} visitors in each arm.")
    if not daily:
        console.print("Nobody has asked in the last two weeks: say --visitors-per-day.")
        return 1
    days = ab_test.days_needed(visitors, share=share, visitors_per_day=daily)
    console.print(f"With {daily:,.0f} visitors a day and {share:.0%} of them: {days:,.0f} days, whole weeks.")
    return 0


def status(environment: str, model: str, *, success: str, effect: float) -> int:
    """Where the running test, or the shadow, stands."""
    release = releases.live(environment, model)
    found = {row["arm"]: row for row in _arms(environment, model, release["release_id"])}
    console.print(_table(list(found.values()), success))
    shares = {arm["name"]: float(arm["share"]) for arm in release["arms"]}
    if not shares.get(CHALLENGER):
        console.print("No test is running: one arm answers everybody.")
        return 0
    champion, challenger = (
        _arm(name, shares[name], found.get(name, {}), success) for name in (CHAMPION, CHALLENGER)
    )
    for line in told(champion, challenger, found, effect=effect):
        console.print(line)
    return int(ab_test.mismatch(champion, challenger) < ab_test.MISMATCH)


def told(champion: Arm, challenger: Arm, found: Mapping[str, Row], *, effect: float) -> list[str]:
    """The verdict in words; where the split is broken, nothing else."""
    chance = ab_test.mismatch(champion, challenger)
    if chance < ab_test.MISMATCH:
        return [
            f"[red]The split is broken[/]: such numbers of visitors have a probability of {chance:.1e}. "
            "Nothing else means anything before it is known who is lost."
        ]
    verdict = ab_test.judge(champion, challenger, effect=effect)
    decisions = {
        "wait": "Not decided: let it run.",
        CHAMPION: "The champion is better: stop, and keep it.",
        CHALLENGER: "The challenger is better: stop, and keep it.",
    }
    return [
        *(f"[red]Guardrail[/]: {worse}" for worse in _guardrails(found)),
        f"Lead of the challenger {verdict.lead:+.2%} ({verdict.low:+.2%} to {verdict.high:+.2%}), "
        f"p {verdict.p_value:.3f}, valid however often one looks.",
        decisions[verdict.decision],
    ]


def _guardrails(found: Mapping[str, Row]) -> list[str]:
    """What must not get worse, whatever the test is about."""
    one, other = found.get(CHAMPION), found.get(CHALLENGER)
    if not (one and other):
        return []
    before, after = (row["fallbacks"] / row["answers"] for row in (one, other))
    quick, slow = (float(row["took_ms"]) for row in (one, other))
    worse = []
    if after > before + 0.05:
        worse.append(f"{after:.1%} of the answers are without the model, the champion's {before:.1%}")
    if slow > 2 * quick + 5:
        worse.append(f"an answer takes {slow:.1f} ms, the champion's {quick:.1f}")
    return worse


def _arm(name: str, share: float, row: Row, success: str) -> Arm:
    return Arm(
        name=name, share=share, visitors=int(row.get("visitors", 0)), successes=int(row.get(success, 0))
    )


def _table(rows: Sequence[Row], success: str) -> Table:
    names = ("arm", "version", "visitors", "answers", *SUCCESSES, "fallbacks", "ms")
    shown = Table(*names, title="Arms", title_justify="left")
    for row in rows:
        rates = {name: f"{row[name] / row['visitors']:.2%}" for name in SUCCESSES}
        shown.add_row(
            row["arm"],
            row["version"],
            f"{row['visitors']:,}",
            f"{row['answers']:,}",
            *{**rates, success: f"[b]{rates[success]}[/]"}.values(),
            f"{row['fallbacks'] / row['answers']:.1%}",
            f"{float(row['took_ms']):.2f}",
        )
    return shown


def _arms(environment: str, model: str, release_id: str) -> list[Row]:
    with closing(checks.connect(environment)) as connection:
        rows, _ = run.run(connection, "operations/arms", release_id=release_id, model=model)
    return list(rows)


def _visitors_per_day(environment: str, model: str) -> float:
    with closing(checks.connect(environment)) as connection:
        _, [row] = run.run(connection, "operations/arms", release_id="", model=model)
    return float(row["visitors_per_day"] or 0)
