import pytest

from local.aws.security import action_of


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", "/2018-10-31/layers/model/versions", "ListLayerVersions"),
        ("GET", "/2018-10-31/layers/model/versions/3", "GetLayerVersion"),
        ("GET", "/2015-03-31/functions/predict/aliases/live", "GetAlias"),
        ("PUT", "/2015-03-31/functions/predict/aliases/live", "UpdateAlias"),
        ("GET", "/2015-03-31/functions/predict/configuration", None),
        ("POST", "/2018-10-31/layers/model/versions", None),
    ],
)
def test_aliases_and_layer_versions_have_the_actions_that_aws_asks_for(
    method: str, path: str, action: str | None
) -> None:
    assert action_of(method, path) == action
