"""Work that the emulator repeats by itself: evaluating alarms, flushing buffers."""

import logging
import threading
from collections.abc import Callable

logger = logging.getLogger("local.aws")


def every(seconds: float, work: Callable[[], None]) -> None:
    """Call *work* again and again on a thread of its own, in the emulator's one account and region."""

    def repeat() -> None:
        pause = threading.Event()
        while not pause.wait(seconds):
            try:
                work()
            except Exception:  # one bad alarm or stream must not end the others
                logger.exception("%s failed; it is tried again", work.__qualname__)

    threading.Thread(target=repeat, name=f"every-{seconds}s", daemon=True).start()
