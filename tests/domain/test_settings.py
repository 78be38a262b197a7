import pytest

from domain.other_settings import CollectSettings
from domain.settings import MissingSetting

SETTINGS = CollectSettings(
    write_keys={"key": "shop"},
    server_secrets={},
    events_stream="events",
    rejected_stream="rejected",
    metrics_namespace="Skiff/test",
)


def test_what_the_stack_writes_the_function_reads() -> None:
    assert CollectSettings.from_env(SETTINGS.to_env()) == SETTINGS


def test_a_missing_variable_is_named() -> None:
    environment = SETTINGS.to_env()
    del environment["EVENTS_STREAM"]

    with pytest.raises(MissingSetting, match="CollectSettings needs EVENTS_STREAM"):
        CollectSettings.from_env(environment)
