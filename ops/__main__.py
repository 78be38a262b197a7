"""
The command line: `python -m ops <command>`; the Makefile's targets call it.
"""

import argparse
import sys
from pathlib import Path

from ops import cdk, deploy, journey
from ops.cloud import CloudNotRunning


def main() -> int:
    arguments = _parser().parse_args()
    try:
        return int(arguments.run(arguments))
    except CloudNotRunning as error:
        print(f"skiff: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nskiff: stopped", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ops", description="Skiff's command line.")
    commands = parser.add_subparsers(required=True, metavar="command")

    command = commands.add_parser("journey", help="the whole way of an event, on this machine")
    command.add_argument(
        "--data", type=Path, help="a folder of real events (bol-clicks); default: a made-up shop"
    )
    command.add_argument("--sessions", type=int, default=journey.SESSIONS, help="size of the made-up shop")
    command.add_argument("--keep", action="store_true", help="leave the cloud running afterwards")
    command.set_defaults(run=lambda a: journey.main(data=a.data, sessions=a.sessions, keep=a.keep))

    command = commands.add_parser("up", help="the stack in an offline cloud, left running")
    command.set_defaults(run=lambda _: deploy.up())

    for name, run, text in (
        ("deploy", deploy.deploy_and_release, "deploy the stacks of an environment, and release its code"),
        ("release", deploy.release, "send each model's newest approved version, and new code, live"),
        ("diff", deploy.diff, "what deploying it would change"),
        ("destroy", deploy.destroy, "remove the stacks of an environment; retained data stays"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("environment", help="local, dev, staging or prod")
        command.set_defaults(run=lambda a, run=run: run(a.environment))

    command = commands.add_parser("cdk", help="the CDK CLI with any arguments")
    command.add_argument("arguments", nargs=argparse.REMAINDER)
    command.set_defaults(run=lambda a: cdk.run(*a.arguments))
    return parser


if __name__ == "__main__":
    sys.exit(main())
