"""
Writes the site: `python -m ops docs`.

It needs no warehouse; where one can be reached, it tells what the checks found last.
"""

from contextlib import closing
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from ops import checks, cloud
from ops.docs import pages
from ops.progress import Steps, console
from ops.target import NotDeployed


def main(*, out: Path, environment: str) -> int:
    results = last_results(environment)
    if not results:
        console.print(f"No results of checks from {environment}: the pages say “{pages.NOT_RUN}”.")
    with Steps().step("docs", "Read the SQL, write pages") as step:
        step.say("following columns")
        count = write_pages(out, pages.site(results))
    console.print(f"{count} pages: {out / 'index.html'}")
    return 0


def write_pages(out: Path, site: pages.Site) -> int:
    """Returns how many pages there are."""
    out.mkdir(parents=True, exist_ok=True)
    made = {"index": pages.index(site), **{name: pages.relation(site, name) for name in site.relations}}
    for name, text in made.items():
        (out / f"{name}.html").write_text(text, encoding="utf-8")
    return len(made)


def last_results(environment: str) -> pages.Results:
    """What the checks found last; nothing where no warehouse can be reached."""
    try:
        connection = checks.connect(environment)
    except (cloud.CloudNotRunning, NotDeployed, checks.NoLogin, BotoCoreError, ClientError):
        return {}
    with closing(connection):
        return {(found.table, found.name): found for found in checks.last(connection)}
