"""What would hurt if it changed in the warehouse stack."""

import re
from collections.abc import Callable
from dataclasses import replace

import aws_cdk as cdk
from aws_cdk.assertions import Match, Template

from stacks.environments import ENVIRONMENTS, Snowflake
from stacks.lake import Lake
from stacks.warehouse import PREFIXES, Warehouse
from tests.offline_shop import LAKE, PLATFORM
from warehouse import run

Templates = Callable[[str, str], Template]


def test_only_snowflake_with_the_external_id_may_assume_the_storage_role(template: Templates):
    template("prod", "Warehouse").has_resource_properties(
        "AWS::IAM::Role",
        {
            "RoleName": "skiff-prod-snowflake-storage",
            "AssumeRolePolicyDocument": {
                "Statement": [
                    {
                        "Action": "sts:AssumeRole",
                        "Effect": "Allow",
                        "Principal": {"AWS": {"Fn::GetAtt": ["Integration", "IamUserArn"]}},
                        "Condition": {
                            "StringEquals": {"sts:ExternalId": {"Fn::GetAtt": ["Integration", "ExternalId"]}}
                        },
                    }
                ]
            },
        },
    )


def test_snowflake_reads_the_log_writes_snapshots_and_deletes_nothing(template: Templates):
    policies = template("prod", "Warehouse").find_resources(
        "AWS::IAM::Policy", {"Properties": {"Roles": [{"Ref": Match.string_like_regexp("^StorageRole")}]}}
    )

    (policy,) = policies.values()
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    on = {str(statement["Action"]): str(statement["Resource"]) for statement in statements}
    assert set(on) == {
        "['s3:GetObject', 's3:GetObjectVersion']",
        "s3:PutObject",
        "s3:ListBucket",
        "s3:GetBucketLocation",
        "['kms:Decrypt', 'kms:GenerateDataKey']",
    }
    readable = re.findall(r"/([a-z]+/)\*", on["['s3:GetObject', 's3:GetObjectVersion']"])
    assert readable == list(PREFIXES)
    assert re.findall(r"/([a-z]+/)\*", on["s3:PutObject"]) == ["snapshots/"]


def test_snowflake_sees_the_same_of_the_lake_in_aws_as_in_its_integration():
    for statement in run.statements("platform/integration", **PLATFORM)[:2]:
        assert re.findall(rf"'s3://{LAKE}/([^']*)'", statement) == list(PREFIXES)


def test_pipes_come_after_the_role_they_read_with(template: Templates):
    (pipes,) = template("prod", "Warehouse").find_resources("Custom::SnowflakePipes").values()

    assert any(name.startswith("StorageRole") for name in pipes["DependsOn"])


def test_each_function_reads_the_secret_of_its_own_user_where_a_login_is_named():
    local = replace(ENVIRONMENTS[0], snowflake=Snowflake(account="skiff", login="skiff/login"))
    app = cdk.App()
    data = cdk.Stack(app, "Data", env=cdk.Environment(account=local.account, region=local.region))
    lake = Lake(data, "Lake", retain=False)

    stack = Warehouse(app, "Warehouse", environment=local, namespace="Skiff", lake=lake)

    template = Template.from_stack(stack)

    for function in ("transform", "platform"):
        variables = {"SNOWFLAKE_SECRET": f"skiff/login/{function}"}
        template.has_resource_properties(
            "AWS::Lambda::Function",
            {
                "Handler": f"lambdas.{function}.handler",
                "Environment": {"Variables": Match.object_like(variables)},
            },
        )
        role = {"Ref": Match.string_like_regexp(f"^{function.title()}Role")}
        (policy,) = template.find_resources("AWS::IAM::Policy", {"Properties": {"Roles": [role]}}).values()
        assert re.findall(r"secret:([^'\"]*)", str(policy)) == [f"skiff/login/{function}-??????"]


def test_the_two_roles_that_snowflake_trusts_have_fixed_names(template: Templates):
    for name in ("skiff-prod-transform", "skiff-prod-platform"):
        template("prod", "Warehouse").has_resource_properties("AWS::IAM::Role", {"RoleName": name})


def test_one_owner_tells_each_pipe_of_what_is_new_below_its_prefix(template: Templates):
    resources = template("prod", "Warehouse").find_resources("Custom::S3BucketNotifications")

    (notifications,) = resources.values()

    told = [
        {
            "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}},
            "QueueArn": {"Fn::GetAtt": ["Pipes", channel]},
        }
        for prefix, channel in (("events/", "EventsChannel"), ("rejected/", "RejectsChannel"))
    ]
    assert notifications["Properties"]["NotificationConfiguration"] == {"QueueConfigurations": told}
