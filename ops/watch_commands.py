"""
The command line of what is live: what the watch finds, how good answers were, alarms, item filters.
"""

import argparse
from typing import Any

from ops.told import told


def add(commands: Any) -> None:
    command = commands.add_parser("watch", help="what the hourly watch finds, now: drift, quality, age")
    command.add_argument("environment", nargs="?", default="local", help="local, dev, staging or prod")
    command.add_argument("--model", help="only this one")
    command.add_argument("--as-of", metavar="MOMENT", help="2026-11-22T10:00:00Z (now)")
    command.set_defaults(run=_watch)

    command = commands.add_parser("quality", help="how good answers were, by what visitors did afterwards")
    command.add_argument("environment", nargs="?", default="local", help="local, dev, staging or prod")
    command.add_argument("--as-of", metavar="MOMENT", help="2026-11-22T10:00:00Z (now)")
    command.set_defaults(run=_quality)

    command = commands.add_parser(
        "filters", help="what sites do not want suggested: out of stock, denied, bought already"
    )
    command.add_argument("environment", nargs="?", default="local", help="local, dev, staging or prod")
    command.add_argument("--site", help="default: all to show, the first one to change")
    command.add_argument("--out-of-stock", metavar="FILE", help="item ids, one a line; - reads a pipe")
    command.add_argument("--denied", metavar="FILE", help="the same for what must never be suggested")
    command.add_argument(
        "--bought-again",
        action=argparse.BooleanOptionalAction,
        help="may what a session has bought be suggested to it?",
    )
    command.add_argument("--dry-run", action="store_true", help="only say what would be left out")
    command.set_defaults(run=_filters)

    command = commands.add_parser("alarms", help="every alarm: its state, its owner, what to do first")
    command.add_argument("environment", nargs="?", default="local", help="local, dev, staging or prod")
    command.set_defaults(run=_alarms)


def _watch(arguments: argparse.Namespace) -> int:
    from adapters.functions import InvocationFailed
    from ops import watching

    wanted = {"model": arguments.model, "as_of": arguments.as_of}
    return told(lambda: watching.watch(arguments.environment, **wanted), InvocationFailed)


def _quality(arguments: argparse.Namespace) -> int:
    from ops import watching

    return told(lambda: watching.quality(arguments.environment, as_of=arguments.as_of), ValueError)


def _filters(arguments: argparse.Namespace) -> int:
    from adapters.artifacts import Changed
    from domain.refusal import Refused
    from ops import filters
    from ops.target import NoSuchSite

    def run() -> int:
        files = {"out_of_stock": arguments.out_of_stock, "denied": arguments.denied}
        changed: dict[str, Any] = {name: filters.ids(file) for name, file in files.items() if file}
        if arguments.bought_again is not None:
            changed["bought_again"] = arguments.bought_again
        return filters.main(
            arguments.environment, site=arguments.site, changed=changed, is_dry_run=arguments.dry_run
        )

    return told(run, NoSuchSite, Refused, Changed, FileNotFoundError)


def _alarms(arguments: argparse.Namespace) -> int:
    from ops import watching

    return told(lambda: watching.alarms(arguments.environment))
