"""
The command line: `python -m ops <command>`; the Makefile's targets call it.

What a command needs is imported when it runs, so that help is quick and Ctrl-C is clean from the start.
"""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain.refusal import REASONS
from ops import model_commands, release_commands, watch_commands

FORMATS = ("bol-clicks", "rees46", "online-retail", "otto", "ga4", "coveo")  # as in ops/importers


def main() -> int:
    arguments = _parser().parse_args()
    try:
        return int(arguments.run(arguments))
    except KeyboardInterrupt:
        print("\nskiff: stopped", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ops", description="Skiff's command line.")
    commands = parser.add_subparsers(required=True, metavar="command")

    command = commands.add_parser("journey", help="the whole way of an event, on this machine")
    command.add_argument(
        "--data", type=Path, help="a folder with a file that `import` knows; default: a made-up shop"
    )
    command.add_argument("--sessions", type=int, default=6000, help="size of the made-up shop (%(default)s)")
    command.add_argument("--keep", action="store_true", help="leave the cloud running afterwards")
    command.set_defaults(run=_journey)

    command = commands.add_parser("up", help="the stack in an offline cloud, left running")
    command.set_defaults(run=_up)

    command = commands.add_parser("import", help="events of a public format, from a file")
    command.add_argument("format", choices=FORMATS, help="one of %(choices)s", metavar="format")
    command.add_argument("file", type=Path, help="gzipped or not")
    command.add_argument("--to", default="local", metavar="ENV", help="environment (%(default)s)")
    command.add_argument(
        "--bulk", action="store_true", help="straight into the lake; default: through the collector"
    )
    command.add_argument("--site", help="whose events they are; default: the environment's first site")
    command.add_argument("--limit", type=_count, metavar="N", help="only the first N events")
    command.set_defaults(run=_import)

    command = commands.add_parser("openapi", help="the API's contract, as OpenAPI")
    command.set_defaults(run=_openapi)

    release_commands.add(commands)
    _add_redrive(commands.add_parser("redrive", help="what was refused, corrected and back into the log"))

    command = commands.add_parser("replay", help="the warehouse's tables, made from the log again")
    command.add_argument("environment", help="local, dev, staging or prod")
    command.add_argument("--table", help="only this one and what is made from it, such as marts.catalogue")
    command.add_argument(
        "--from", dest="since", help="read the log again from this hour on: 2026-11-01T00, UTC"
    )
    command.add_argument("--to", dest="until", help="and up to this one, without it")
    command.add_argument("--dry-run", action="store_true", help="only say what would be done")
    command.set_defaults(run=_replay)

    command = commands.add_parser("checks", help="what the warehouse's checks found last, with failing rows")
    command.add_argument(
        "environment", nargs="?", default="local", help="local, dev, staging or prod (%(default)s)"
    )
    command.set_defaults(run=_checks)

    model_commands.add(commands)
    watch_commands.add(commands)

    command = commands.add_parser("docs", help="a static site about the warehouse: tables, columns, checks")
    command.add_argument("--out", type=Path, default=Path("build/docs"), help="a folder (%(default)s)")
    command.add_argument("--environment", default="local", help="whose results of checks (%(default)s)")
    command.set_defaults(run=_docs)

    command = commands.add_parser("generate", help="made-up history of any size, as files of the log")
    command.add_argument("--events", type=_count, required=True, metavar="N", help="about so many lines")
    command.add_argument("--seed", type=int, default=1, help="the same seed, the same files (%(default)s)")
    command.add_argument(
        "--site", action="append", dest="sites", help="whose events; again for more sites (shop)"
    )
    where = command.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", type=Path, metavar="DIR", help="a folder, laid out as the lake")
    where.add_argument("--bulk", action="store_true", help="straight into the lake")
    command.add_argument("--to", default="local", metavar="ENV", help="whose lake (%(default)s)")
    command.set_defaults(run=_generate)

    for name, text in (
        ("deploy", "deploy the stacks of an environment, and release its code"),
        ("diff", "what deploying it would change"),
        ("destroy", "remove the stacks of an environment; retained data stays"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("environment", help="local, dev, staging or prod")
        command.set_defaults(run=_on_environment, command=name)

    command = commands.add_parser("cdk", help="the CDK CLI with any arguments")
    command.add_argument("arguments", nargs=argparse.REMAINDER)
    command.set_defaults(run=_cdk)
    return parser


def _add_redrive(command: argparse.ArgumentParser) -> None:
    command.add_argument("environment", help="local, dev, staging or prod")
    command.add_argument(
        "--reason", required=True, choices=REASONS, metavar="REASON", help="one of %(choices)s"
    )
    command.add_argument("--site", help="only this site's; what is nobody's is taken to be its")
    command.add_argument("--from", dest="since", type=_hour, metavar="HOUR", help="in UTC, as 2026-11-22T10")
    command.add_argument("--to", dest="until", type=_hour, metavar="HOUR", help="the first that is left out")
    for option, metavar, kind, text in (
        ("--rename", "OLD=NEW", _pair, "a field that has another name; items.sku=item_id: in every item"),
        ("--drop", "FIELD", str, "a field that is not as agreed and not needed"),
        ("--set", "FIELD=VALUE", _setting, "a field, to a value in JSON or a text"),
    ):
        command.add_argument(option, type=kind, action="append", default=[], metavar=metavar, help=text)
    command.add_argument("--dry-run", action="store_true", help="only count what would pass")
    command.set_defaults(run=_redrive)


def _hour(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an hour as 2026-11-22T10") from None


def _pair(text: str) -> tuple[str, str]:
    name, is_pair, value = text.partition("=")
    if not (name and is_pair and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _setting(text: str) -> tuple[str, Any]:
    name, value = _pair(text)
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above zero")
    return int(text)


def _journey(arguments: argparse.Namespace) -> int:
    from ops import journey

    return journey.main(data=arguments.data, sessions=arguments.sessions, keep=arguments.keep)


def _import(arguments: argparse.Namespace) -> int:
    from botocore.exceptions import BotoCoreError, ClientError

    from ops import history
    from ops.cloud import CloudNotRunning
    from ops.importers import WrongFile
    from ops.send import BatchRefused, CollectorUnavailable
    from ops.target import NoSuchSite, NotDeployed

    expected = (CloudNotRunning, NotDeployed, NoSuchSite, WrongFile, BatchRefused, CollectorUnavailable)
    try:
        return history.main(
            format=arguments.format,
            path=arguments.file,
            environment=arguments.to,
            is_bulk=arguments.bulk,
            site=arguments.site,
            limit=arguments.limit,
        )
    except (*expected, BotoCoreError, ClientError) as error:
        print(f"skiff: {error}", file=sys.stderr)
        return 1


def _openapi(_: argparse.Namespace) -> int:
    from ops import openapi

    return openapi.main()


def _redrive(arguments: argparse.Namespace) -> int:
    from botocore.exceptions import BotoCoreError, ClientError

    from domain.redrive import Correction
    from ops import redrive
    from ops.cloud import CloudNotRunning
    from ops.target import NotDeployed

    wanted = redrive.Wanted(
        reason=arguments.reason,
        site=arguments.site,
        since=arguments.since,
        until=arguments.until,
        correction=Correction(
            rename=dict(arguments.rename), drop=tuple(arguments.drop), set=dict(arguments.set)
        ),
        is_dry_run=arguments.dry_run,
    )
    try:
        return redrive.main(arguments.environment, wanted)
    except (CloudNotRunning, NotDeployed, BotoCoreError, ClientError) as error:
        print(f"skiff: {error}", file=sys.stderr)
        return 1


def _replay(arguments: argparse.Namespace) -> int:
    from adapters.machines import ExecutionFailed
    from ops import replay
    from ops.cloud import CloudNotRunning
    from ops.target import NotDeployed
    from warehouse.replay import WrongScope

    scope = {"table": arguments.table, "from": arguments.since, "to": arguments.until}
    request = {name: value for name, value in scope.items() if value}
    try:
        return replay.main(environment=arguments.environment, request=request, is_dry_run=arguments.dry_run)
    except (WrongScope, CloudNotRunning, NotDeployed, replay.AlreadyRunning, ExecutionFailed) as error:
        print(f"skiff: {error}", file=sys.stderr)
        return 1


def _generate(arguments: argparse.Namespace) -> int:
    from ops import generate
    from ops.cloud import CloudNotRunning
    from ops.target import NotDeployed

    try:
        return generate.main(
            events=arguments.events,
            seed=arguments.seed,
            sites=arguments.sites or ["shop"],
            out=arguments.out,
            environment=arguments.to,
        )
    except (CloudNotRunning, NotDeployed) as error:
        print(f"skiff: {error}", file=sys.stderr)
        return 1


def _checks(arguments: argparse.Namespace) -> int:
    from botocore.exceptions import BotoCoreError, ClientError

    from ops import checks
    from ops.cloud import CloudNotRunning
    from ops.target import NotDeployed

    try:
        return checks.main(arguments.environment)
    except (CloudNotRunning, NotDeployed, checks.NoLogin, BotoCoreError, ClientError) as error:
        print(f"skiff: {error}", file=sys.stderr)
        return 1


def _docs(arguments: argparse.Namespace) -> int:
    from ops.docs import write

    return write.main(out=arguments.out, environment=arguments.environment)


def _up(_: argparse.Namespace) -> int:
    return _on_environment(argparse.Namespace(command="up"))


def _on_environment(arguments: argparse.Namespace) -> int:
    from ops import deploy
    from ops.cloud import CloudNotRunning

    commands = {
        "deploy": deploy.deploy_and_release,
        "diff": deploy.diff,
        "destroy": deploy.destroy,
    }
    try:
        if arguments.command == "up":
            return deploy.up()
        return commands[arguments.command](arguments.environment)
    except (CloudNotRunning, deploy.BootstrapFailed) as error:
        print(f"skiff: {error}", file=sys.stderr)
        return 1


def _cdk(arguments: argparse.Namespace) -> int:
    from ops import cdk

    return cdk.run(*arguments.arguments)


if __name__ == "__main__":
    sys.exit(main())
