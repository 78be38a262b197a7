"""`python -m local.aws PORT`: serve the emulated AWS on 127.0.0.1 until told to stop."""

import os
import sys

from local.aws.settings import variables


def main(port: str) -> None:
    os.environ.update(variables(port=int(port)))
    from local.aws import emulator  # ministack reads the environment while it is imported

    emulator.serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
