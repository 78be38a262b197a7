"""
The made-up shop, once for all training tests.
"""

from typing import Any

import pytest

from tests.training import made_up


@pytest.fixture(scope="session")
def columns() -> dict[str, list[Any]]:
    return made_up.columns()
