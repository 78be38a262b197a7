"""
What a person may have asked wrong, or cannot be reached, is told in a sentence; anything else is a defect.
"""

import sys
from collections.abc import Callable


def told(command: Callable[[], int], *others: type[Exception]) -> int:
    """Run *command*; *others* are the errors that it may end in beside those of every environment."""
    from botocore.exceptions import BotoCoreError, ClientError

    from ops.cloud import CloudNotRunning
    from ops.target import NotDeployed

    expected: tuple[type[Exception], ...] = (CloudNotRunning, NotDeployed, BotoCoreError, ClientError)
    try:
        return command()
    except (*expected, *others) as error:
        print(f"skiff: {error}", file=sys.stderr)
        return 1
