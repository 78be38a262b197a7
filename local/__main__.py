"""`python -m local`: start, end and look at the offline cloud."""

import argparse
import shlex
import sys
from collections.abc import Sequence

from local import cloud

DESCRIPTION = "The cloud on this machine: AWS and the warehouse, on 127.0.0.1 only, forgotten when it ends."
EXIT_CODES = "exit codes: 0 done, 1 it failed or no cloud is running, 2 wrong arguments, 130 interrupted"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except cloud.ServerDied as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read the logs has seen enough
        sys.stdout = None
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=DESCRIPTION, epilog=EXIT_CODES)
    commands = parser.add_subparsers(required=True, metavar="command")
    for run, summary in (
        (_up, "start it and return; finds the one that runs"),
        (_down, "end it and everything it started"),
        (_status, "say where it is"),
        (_env, 'print its environment: eval "$(python -m local env)"'),
        (_logs, "print the end of its logs"),
    ):
        name = run.__name__.removeprefix("_")
        command = commands.add_parser(name, help=summary, description=summary)
        command.set_defaults(run=run)
        if run is _logs:
            command.add_argument("server", nargs="?", help="one only, for example aws or training/<job>")
            command.add_argument("--lines", type=int, default=50, help="how many lines of each (%(default)s)")
    return parser


def _up(_: argparse.Namespace) -> int:
    running = cloud.up()
    print(f"AWS is at {running.endpoint}, the warehouse at 127.0.0.1:{running.snowflake_port}.")
    return 0


def _down(_: argparse.Namespace) -> int:
    print("The cloud is down." if cloud.down() else "No cloud was running.")
    return 0


def _status(_: argparse.Namespace) -> int:
    running = cloud.find()
    if running is None:
        print("No cloud is running: make up", file=sys.stderr)
        return 1
    for name, process in running.processes.items():
        print(f"{name}: pid {process.pid}, log {cloud.log_files()[name]}")
    print(f"AWS is at {running.endpoint}, the warehouse at 127.0.0.1:{running.snowflake_port}.")
    return 0


def _env(_: argparse.Namespace) -> int:
    running = cloud.find()
    if running is None:
        print("No cloud is running: make up", file=sys.stderr)
        return 1
    for name, value in running.environment.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _logs(options: argparse.Namespace) -> int:
    files = cloud.log_files()
    chosen = {name: file for name, file in files.items() if options.server in (None, name)}
    if not chosen:
        print(
            f"no log of {options.server or 'any server'}; there are: {', '.join(files) or 'none'}",
            file=sys.stderr,
        )
        return 1
    for file in chosen.values():
        print(f"==> {file}\n{cloud.tail(file, lines=options.lines)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
