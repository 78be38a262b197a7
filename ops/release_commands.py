"""
The command line of releases, A/B tests and shadows.
"""

import argparse
from collections.abc import Callable
from typing import Any

from ops.told import told

SUCCESSES = ("clicked", "hit", "bought")  # what a visitor of an A/B test may have done that counts


def add(commands: Any) -> None:
    command = commands.add_parser(
        "release", help="send approved versions, or new code, live: watched, or undone"
    )
    _for_release(command, _release)
    command.add_argument("models", nargs="*", metavar="MODEL", help="default: all")
    command.add_argument("--version", metavar="N", help="of the one model; default: the newest approved")

    command = commands.add_parser("rollback", help="back to the release before, or to another")
    _for_release(command, _rollback, is_reason_required=True)
    command.add_argument("model", metavar="MODEL")
    command.add_argument("--to", metavar="RELEASE", help="an id of `releases`")

    _add_ab_test(commands.add_parser("abtest", help="two versions side by side, each for its own visitors"))

    command = commands.add_parser("shadow", help="let a version answer along, logged and never shown")
    _for_release(command, _shadow)
    command.add_argument("model", metavar="MODEL")
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--version", metavar="N", help="start: this approved version")
    what.add_argument("--stop", action="store_true", help="end it: what is shown stays")

    command = commands.add_parser("releases", help="what was released, by whom, why, and what became of it")
    command.add_argument("environment", nargs="?", default="local", help="local, dev, staging or prod")
    command.add_argument("--model", help="only this one's")
    command.set_defaults(run=_releases)


def _add_ab_test(command: argparse.ArgumentParser) -> None:
    steps = command.add_subparsers(required=True, metavar="step")

    step = steps.add_parser("plan", help="how many visitors and weeks it takes")
    _for_test(
        step,
        lambda test, asked: test.plan(
            asked.environment,
            asked.model,
            rate=asked.rate,
            effect=asked.effect,
            share=asked.share,
            per_day=asked.visitors_per_day,
        ),
    )
    step.add_argument("--rate", type=float, required=True, help="of visitors who succeed today, as 0.05")
    step.add_argument("--effect", type=float, required=True, help="the difference worth seeing, as 0.005")
    step.add_argument("--share", type=float, default=0.5, help="of the visitors (%(default)s)")
    step.add_argument("--visitors-per-day", type=float, help="default: those of the last two weeks")

    step = steps.add_parser("start", help="split the visitors")
    _for_release(step, _start_test)
    step.add_argument("model", metavar="MODEL")
    step.add_argument("--challenger", required=True, metavar="N", help="an approved version")
    step.add_argument("--share", type=float, default=0.5, help="of the visitors (%(default)s)")

    step = steps.add_parser("status", help="who is ahead, and whether that means anything yet")
    _for_test(
        step,
        lambda test, asked: test.status(
            asked.environment, asked.model, success=asked.success, effect=asked.effect
        ),
    )
    step.add_argument(
        "--success", choices=("clicked", "hit", "bought"), default="clicked", help="(%(default)s)"
    )
    step.add_argument("--effect", type=float, default=0.01, help="the difference it is for (%(default)s)")

    step = steps.add_parser("stop", help="one arm answers everybody again")
    _for_release(step, _stop_test, is_reason_required=True)
    step.add_argument("model", metavar="MODEL")
    step.add_argument("--keep", choices=("champion", "challenger"), required=True)


def _for_test(step: argparse.ArgumentParser, run: Callable[[Any, argparse.Namespace], int]) -> None:
    step.add_argument("environment", help="local, dev, staging or prod")
    step.add_argument("model", metavar="MODEL")
    step.set_defaults(run=_on_test, step=run)


def _for_release(command: argparse.ArgumentParser, run: Any, *, is_reason_required: bool = False) -> None:
    command.add_argument("environment", help="local, dev, staging or prod")
    command.add_argument("--reason", default="", required=is_reason_required, help="for the record")
    command.add_argument("--dry-run", action="store_true", help="only say what would be asked for")
    command.set_defaults(run=run)


def _release(arguments: argparse.Namespace) -> int:
    from ops import releases

    wanted = {"models": arguments.models, "version": arguments.version}
    return _on_release(arguments, lambda asked: releases.release(asked, **wanted))


def _rollback(arguments: argparse.Namespace) -> int:
    from ops import releases

    wanted = {"model": arguments.model, "to": arguments.to}
    return _on_release(arguments, lambda asked: releases.rollback(asked, **wanted))


def _shadow(arguments: argparse.Namespace) -> int:
    from ops import releases

    model = arguments.model
    if arguments.stop:
        return _on_release(arguments, lambda asked: releases.keep(asked, model=model, arm="champion"))
    return _on_release(
        arguments, lambda asked: releases.start_shadow(asked, model=model, version=arguments.version)
    )


def _start_test(arguments: argparse.Namespace) -> int:
    from ops import releases

    wanted = {name: getattr(arguments, name) for name in ("model", "challenger", "share")}
    return _on_release(arguments, lambda asked: releases.start_test(asked, **wanted))


def _stop_test(arguments: argparse.Namespace) -> int:
    from ops import releases

    return _on_release(
        arguments, lambda asked: releases.keep(asked, model=arguments.model, arm=arguments.keep)
    )


def _on_test(arguments: argparse.Namespace) -> int:
    from ops import ab_test, releases

    return told(lambda: arguments.step(ab_test, arguments), releases.CannotRelease, ValueError)


def _on_release(arguments: argparse.Namespace, run: Callable[[Any], int]) -> int:
    from ops import releases

    asked = releases.Asked(
        environment=arguments.environment, reason=arguments.reason, is_dry_run=arguments.dry_run
    )
    return told(lambda: run(asked), releases.CannotRelease)


def _releases(arguments: argparse.Namespace) -> int:
    from ops import releases

    return told(lambda: releases.show(arguments.environment, model=arguments.model), releases.CannotRelease)
