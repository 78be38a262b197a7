from collections.abc import Iterator

import pytest

from tests.offline_shop import Shop, open_shop


@pytest.fixture(scope="module")
def opened() -> Iterator[Shop]:
    """One warehouse for a whole file of tests: making one takes longer than most of them."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "test")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        with open_shop() as shop:
            yield shop


@pytest.fixture
def shop(opened: Shop) -> Shop:
    opened.forget()
    return opened
