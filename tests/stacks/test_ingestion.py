"""What would hurt if it changed in the ingestion stack."""

from collections.abc import Callable

import pytest
from aws_cdk.assertions import Match, Template

from stacks.environments import ENVIRONMENTS

Templates = Callable[[str, str], Template]
DATA_ENVIRONMENTS = ("staging", "prod")


@pytest.mark.parametrize("environment", DATA_ENVIRONMENTS)
def test_the_lake_and_its_key_survive_the_stack(template: Templates, environment: str):
    ingestion = template(environment, "Ingestion")

    for kind in ("AWS::S3::Bucket", "AWS::KMS::Key"):
        ingestion.has_resource(
            kind, {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
        )


def test_the_lake_keeps_its_logical_id(template: Templates):
    buckets = template("prod", "Ingestion").find_resources("AWS::S3::Bucket")

    assert list(buckets) == ["Lake5F1B88EA"]  # another id is another, empty bucket


def test_the_lake_is_versioned_encrypted_private_and_tls_only(template: Templates):
    ingestion = template("prod", "Ingestion")

    ingestion.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "VersioningConfiguration": {"Status": "Enabled"},
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "RestrictPublicBuckets": True},
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    Match.object_like(
                        {"ServerSideEncryptionByDefault": Match.object_like({"SSEAlgorithm": "aws:kms"})}
                    )
                ]
            },
        },
    )
    ingestion.has_resource_properties(
        "AWS::S3::BucketPolicy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
                        )
                    ]
                )
            }
        },
    )


def test_both_streams_write_gzip_files_to_their_own_prefix(template: Templates):
    streams = template("prod", "Ingestion").find_resources("AWS::KinesisFirehose::DeliveryStream")

    destinations = [s["Properties"]["ExtendedS3DestinationConfiguration"] for s in streams.values()]

    assert sorted(d["Prefix"] for d in destinations) == ["events/", "rejected/"]
    assert {d["CompressionFormat"] for d in destinations} == {"GZIP"}


def test_collect_may_put_records_on_its_two_streams_and_log_and_nothing_else(template: Templates):
    policies = template("prod", "Ingestion").find_resources(
        "AWS::IAM::Policy", {"Properties": {"Roles": [{"Ref": Match.string_like_regexp("^CollectRole")}]}}
    )

    (policy,) = policies.values()
    actions = [s["Action"] for s in policy["Properties"]["PolicyDocument"]["Statement"]]

    log = ["logs:CreateLogStream", "logs:PutLogEvents"]
    put, read = "firehose:PutRecordBatch", "secretsmanager:GetSecretValue"
    assert actions == [log, put, put, read]


def test_what_a_server_signs_with_is_made_up_in_the_account_and_stands_in_no_template(template: Templates):
    (secret,) = template("prod", "Ingestion").find_resources("AWS::SecretsManager::Secret").values()

    assert "SecretString" not in secret["Properties"]
    assert secret["Properties"]["GenerateSecretString"]["PasswordLength"] == 64


def test_a_key_that_signs_is_no_key_of_a_browser():
    for environment in ENVIRONMENTS:
        assert environment.server_keys.keys() & environment.write_keys.keys() == set()


def test_events_come_by_post_or_as_an_image(template: Templates):
    routes = template("prod", "Ingestion").find_resources("AWS::ApiGatewayV2::Route").values()

    assert sorted(route["Properties"]["RouteKey"] for route in routes) == ["GET /pixel.gif", "POST /events"]


def test_collect_is_not_cut_off_while_firehose_is_slow(template: Templates):
    template("prod", "Ingestion").has_resource_properties(
        "AWS::Lambda::Function", {"Handler": "lambdas.collect.handler", "Timeout": 29}
    )


def test_the_public_address_is_throttled(template: Templates):
    template("prod", "Ingestion").has_resource_properties(
        "AWS::ApiGatewayV2::Stage", {"DefaultRouteSettings": {"ThrottlingRateLimit": 500}}
    )
