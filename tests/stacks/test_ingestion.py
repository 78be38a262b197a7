"""What would hurt if it changed in the ingestion stack."""

from collections.abc import Callable

import pytest
from aws_cdk.assertions import Match, Template

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
    assert actions == [log, "firehose:PutRecordBatch", "firehose:PutRecordBatch"]


def test_the_public_address_is_throttled(template: Templates):
    template("prod", "Ingestion").has_resource_properties(
        "AWS::ApiGatewayV2::Stage", {"DefaultRouteSettings": {"ThrottlingRateLimit": 500}}
    )
