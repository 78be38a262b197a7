from collections.abc import Iterator

import pytest

from tests.offline_shop import Shop, opened_for_many


@pytest.fixture(scope="module")
def opened() -> Iterator[Shop]:
    """One warehouse for a whole file of tests: making one takes longer than most of them."""
    with opened_for_many() as shop:
        yield shop


@pytest.fixture
def shop(opened: Shop) -> Shop:
    opened.forget()
    return opened
