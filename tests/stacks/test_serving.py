"""What would hurt if it changed in the serving stack."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template

import cdk_app
from lambdas import release
from stacks.environments import ENVIRONMENTS, Jwt
from stacks.release import AFTER, BEFORE, STEPS
from training import contracts

JWT = Jwt(issuer="https://shop.example/oidc", audience=("shop", "app"))

Templates = Callable[[str, str], Template]
Definitions = Callable[[str, str], dict[str, Any]]


def test_the_alias_stands_at_a_first_version_that_no_deploy_changes(template: Templates):
    serving = template("prod", "Serving")
    versions = serving.find_resources("AWS::Lambda::Version")

    for version, resource in versions.items():
        serving.has_resource_properties(
            "AWS::Lambda::Alias", {"Name": "live", "FunctionVersion": {"Fn::GetAtt": [version, "Version"]}}
        )
        assert list(resource["Properties"]) == ["FunctionName"]
        assert resource["DeletionPolicy"] == "Retain"

    assert "FirstNextItem" in versions  # CDK's own version carries a hash of the code in its id
    assert len(versions) == len(contracts.models())


@pytest.mark.parametrize("model", contracts.models())
def test_each_model_has_a_path_and_its_requests_go_to_the_alias(template: Templates, model: str):
    title = model.title().replace("_", "")
    serving = template("prod", "Serving")

    serving.has_resource_properties(
        "AWS::ApiGatewayV2::Integration",
        {"IntegrationUri": {"Ref": Match.string_like_regexp(f"^Live{title}")}},
    )
    serving.has_resource_properties("AWS::ApiGatewayV2::Route", {"RouteKey": f"POST /predict/{model}"})


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        ("key", {"AuthorizationType": "NONE"}),
        ("iam", {"AuthorizationType": "AWS_IAM"}),
        (JWT, {"AuthorizationType": "JWT", "AuthorizerId": Match.any_value()}),
    ],
    ids=["key", "iam", "jwt"],
)
def test_who_may_ask_is_the_environments_to_say(auth: Any, expected: dict[str, Any]):
    app = cdk.App()
    stage = cdk_app.Skiff(app, replace(ENVIRONMENTS[0], predict_auth=auth))
    serving = Template.from_stack(stage.node.find_child("Serving"))

    for path in ("/predict", *(f"/predict/{model}" for model in contracts.models())):
        wanted = {"RouteKey": f"POST {path}", **expected}
        serving.has_resource_properties("AWS::ApiGatewayV2::Route", wanted)
    # beside the API that they belong to
    ingestion = Template.from_stack(stage.node.find_child("Ingestion"))
    tokens = ingestion.find_resources("AWS::ApiGatewayV2::Authorizer")
    assert len(tokens) == (auth == JWT)
    for token in tokens.values():
        assert token["Properties"]["JwtConfiguration"] == {
            "Issuer": JWT.issuer,
            "Audience": list(JWT.audience),
        }


def test_browsers_of_the_shop_may_ask_and_no_others(template: Templates):
    template("prod", "Ingestion").has_resource_properties(
        "AWS::ApiGatewayV2::Api",
        {
            "CorsConfiguration": {
                "AllowHeaders": Match.array_with(["authorization", "x-write-key"]),
                "AllowMethods": ["POST"],
                "AllowOrigins": ["https://shop.example", "https://www.shop.example"],
            }
        },
    )


@pytest.mark.parametrize("model", contracts.models())
def test_predict_may_log_and_read_item_filters_and_nothing_else(template: Templates, model: str):
    title = model.title().replace("_", "")
    policies = template("prod", "Serving").find_resources(
        "AWS::IAM::Policy",
        {"Properties": {"Roles": [{"Ref": Match.string_like_regexp(f"^Predict{title}Role")}]}},
    )

    (policy,) = policies.values()
    log, read, names = policy["Properties"]["PolicyDocument"]["Statement"]

    assert log["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert (read["Action"], names["Action"]) == ("s3:GetObject", "s3:ListBucket")
    assert json.dumps(read["Resource"]).endswith('"/filters/shop.json"]]}')
    assert "*" not in json.dumps(names["Resource"])


def test_only_the_release_function_may_move_the_alias(template: Templates):
    policies = template("prod", "Serving").find_resources("AWS::IAM::Policy")

    movers = [name for name, policy in policies.items() if "lambda:UpdateAlias" in json.dumps(policy)]

    assert len(movers) == 1
    assert movers[0].startswith("ReleaseRole")


def test_an_approved_model_starts_the_release_machine(template: Templates):
    template("prod", "Serving").has_resource_properties(
        "AWS::Events::Rule",
        {
            "EventPattern": {
                "source": ["aws.sagemaker"],
                "detail-type": ["SageMaker Model Package State Change"],
                "detail": {
                    "ModelPackageGroupName": [
                        f"skiff-prod-{model.replace('_', '-')}" for model in contracts.models()
                    ],
                    "ModelApprovalStatus": ["Approved"],
                },
            }
        },
    )


def test_answers_reach_the_lake_as_the_lines_that_the_function_wrote(template: Templates):
    serving = template("prod", "Serving")

    serving.has_resource_properties("AWS::Logs::SubscriptionFilter", {"FilterPattern": "{ $.schema = 1 }"})
    serving.has_resource_properties(
        "AWS::KinesisFirehose::DeliveryStream",
        {
            "ExtendedS3DestinationConfiguration": {
                "Prefix": "events/",
                "ProcessingConfiguration": {
                    "Processors": [
                        Match.object_like({"Type": "Decompression"}),
                        Match.object_like({"Type": "CloudWatchLogProcessing"}),
                    ]
                },
            }
        },
    )


def test_the_machine_and_the_function_know_the_same_steps():
    assert set(release.STEPS) == {*STEPS, "undo", "record", "tidy"}


def test_whatever_fails_once_the_alias_has_moved_is_undone_and_all_is_recorded(definition: Definitions):
    states = definition("prod", "Serving")["States"]

    for names, then in ((BEFORE, "Record"), (AFTER, "Undo")):
        for name in names:
            assert states[name.capitalize()]["Catch"][0]["ErrorEquals"] == ["States.ALL"]
            assert states[name.capitalize()]["Catch"][0]["Next"] == then
    assert states["Undo"]["Next"] == states["Verify"]["Next"] == "Record"
    assert states["Is it live?"]["Default"] == "Not released"
    assert states["Not released"]["Type"] == "Fail"


def test_versions_may_be_deleted_and_never_a_function(template: Templates):
    policies = json.dumps(template("prod", "Serving").find_resources("AWS::IAM::Policy"))

    statements = re.findall(r'\{"Action": "lambda:DeleteFunction".*?"Resource": (\[.*?\]\]\}\])', policies)

    assert statements
    for resources in statements:
        assert resources.count("Fn::Join") == resources.count('":*"') == len(contracts.models())


def test_several_models_in_one_call_may_ask_what_is_live_and_nothing_else(template: Templates):
    serving = template("prod", "Serving")
    policies = serving.find_resources(
        "AWS::IAM::Policy",
        {"Properties": {"Roles": [{"Ref": Match.string_like_regexp("^PredictManyRole")}]}},
    )

    (policy,) = policies.values()
    log, ask = policy["Properties"]["PolicyDocument"]["Statement"]

    serving.has_resource_properties("AWS::ApiGatewayV2::Route", {"RouteKey": "POST /predict"})
    assert log["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert ask["Action"] == "lambda:InvokeFunction"
    assert [each["Fn::Join"][1][1] for each in ask["Resource"]] == [":live"] * len(contracts.models())
