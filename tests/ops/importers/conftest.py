from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from domain.events import checked
from ops.importers import FORMATS
from ops.importers.reading import Reading

Event = dict[str, Any]
Read = Callable[..., tuple[list[Event], Reading]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """The events that a file of some text makes, as the collector would log them, and what else was met."""

    def events(format: str, text: str) -> tuple[list[Event], Reading]:
        path = tmp_path / "file"
        path.write_text(text)
        reading = Reading(path, FORMATS[format], site="shop")
        made = list(reading)
        assert [checked(event, site="shop") for event in made] == made
        return made, reading

    return events
