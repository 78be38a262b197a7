"""The emulator's process: check what will be patched, close every gap, serve."""

import sys

from ministack import app

from local.aws import (
    alarms,
    cfn_properties,
    cfn_types,
    firehose,
    lambdas,
    logs,
    model_registry,
    names,
    sagemaker,
    security,
    state_machines,
    training,
)

GAPS = (
    security,
    sagemaker,
    model_registry,
    training,
    cfn_types,
    cfn_properties,
    logs,
    alarms,
    firehose,
    lambdas,
    state_machines,
)


def serve() -> None:
    names.check()
    for gap in GAPS:
        gap.install()
    sys.argv = ["ministack"]  # its main reads the command line
    try:
        app.main()
    finally:
        training.stop_all()
