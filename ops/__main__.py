"""
The command line: `python -m ops <command>`; the Makefile's targets call it.

What a command needs is imported when it runs, so that help is quick and Ctrl-C is clean from the start.
"""

import argparse
import sys
from pathlib import Path


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
        "--data", type=Path, help="a folder of real events (bol-clicks); default: a made-up shop"
    )
    command.add_argument("--sessions", type=int, default=6000, help="size of the made-up shop (%(default)s)")
    command.add_argument("--keep", action="store_true", help="leave the cloud running afterwards")
    command.set_defaults(run=_journey)

    command = commands.add_parser("up", help="the stack in an offline cloud, left running")
    command.set_defaults(run=_up)

    for name, text in (
        ("deploy", "deploy the stacks of an environment, and release its code"),
        ("release", "send each model's newest approved version, and new code, live"),
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


def _journey(arguments: argparse.Namespace) -> int:
    from ops import journey

    return journey.main(data=arguments.data, sessions=arguments.sessions, keep=arguments.keep)


def _up(_: argparse.Namespace) -> int:
    return _on_environment(argparse.Namespace(command="up"))


def _on_environment(arguments: argparse.Namespace) -> int:
    from ops import deploy
    from ops.cloud import CloudNotRunning

    commands = {
        "deploy": deploy.deploy_and_release,
        "release": deploy.release,
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
