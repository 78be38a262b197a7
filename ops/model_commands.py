"""
The command line of models: what was trained, from what, and training by hand.
"""

import argparse
import sys
from typing import Any

from ops.told import told


def add(commands: Any) -> None:
    command = commands.add_parser(
        "runs", help="what was trained, with what, how good it was and what it cost"
    )
    command.add_argument("environment", nargs="?", default="local", help="local, dev, staging or prod")
    command.add_argument("--model", help="only this one's")
    command.add_argument(
        "--compare", nargs=2, default=(), metavar="RUN", help="two side by side: run ids, or model/version"
    )
    command.add_argument("--mlflow", metavar="URI", help="copy them to an MLflow server, each once")
    command.set_defaults(run=_runs)

    command = commands.add_parser("snapshots", help="what models learned from, or two snapshots side by side")
    command.add_argument("environment", nargs="?", default="local", help="local, dev, staging or prod")
    command.add_argument("--model", help="only this one's")
    command.add_argument(
        "--compare", nargs=2, default=(), metavar="SNAPSHOT", help="two side by side: ids, or model/id"
    )
    command.set_defaults(run=_snapshots)

    command = commands.add_parser("lineage", help="where an answer comes from, and where a visitor went")
    command.add_argument("name", help="a prediction_id, model/version or snapshot id")
    command.add_argument("environment", nargs="?", default="local", help="local, dev, staging or prod")
    command.add_argument(
        "--visitor",
        action="store_true",
        help="name is a client_id: which versions answered it, or learned from it",
    )
    command.set_defaults(run=_lineage)

    command = commands.add_parser(
        "new-model", help="a model to start from: trained, tested, deployed at once"
    )
    command.add_argument("name", help="as next_item")
    command.add_argument("--owner", default="ml-team", help="who answers for it (%(default)s)")
    command.set_defaults(run=_new_model)

    command = commands.add_parser("train", help="one training by hand, which nobody registers")
    command.add_argument("model", help="as next_item")
    command.add_argument("environment", nargs="?", default="local", help="local, dev, staging or prod")
    command.add_argument("--on", choices=("here", "sagemaker"), default="here", help="(%(default)s)")
    command.add_argument("--snapshot", metavar="ID", help="what to learn from; default: the newest")
    command.add_argument("--seed", default="1", help="(%(default)s)")
    command.set_defaults(run=_train)


def _runs(arguments: argparse.Namespace) -> int:
    from ops import runs

    wanted = {name: getattr(arguments, name) for name in ("model", "compare", "mlflow")}
    return told(lambda: runs.main(arguments.environment, **wanted), runs.NoSuchRun)


def _snapshots(arguments: argparse.Namespace) -> int:
    from ops import snapshots

    wanted = {"model": arguments.model, "compare": arguments.compare}
    expected = (snapshots.NoSuchSnapshot, snapshots.WhichModel)
    return told(lambda: snapshots.main(arguments.environment, **wanted), *expected)


def _lineage(arguments: argparse.Namespace) -> int:
    from ops.lineage import find, show

    wanted = {"name": arguments.name, "is_visitor": arguments.visitor}
    return told(lambda: show.main(arguments.environment, **wanted), find.NotFound)


def _new_model(arguments: argparse.Namespace) -> int:
    from ops import new_model

    try:
        return new_model.main(arguments.name, owner=arguments.owner)
    except new_model.UnusableName as error:
        print(f"skiff: {error}", file=sys.stderr)
        return 1


def _train(arguments: argparse.Namespace) -> int:
    from ops import snapshots, train

    wanted = {name: getattr(arguments, name) for name in ("on", "environment", "snapshot", "seed")}
    expected = (train.NoSuchModel, snapshots.NoSuchSnapshot, train.TrainingFailed)
    return told(lambda: train.main(arguments.model, **wanted), *expected)
