"""What would hurt if it changed in the warehouse stack."""

from collections.abc import Callable

from aws_cdk.assertions import Match, Template

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
    text = str(policy["Properties"]["PolicyDocument"])

    assert "s3:Delete" not in text
    assert "/events/*" in text
    assert "/snapshots/*" in text


def test_pipes_come_after_the_role_they_read_with(template: Templates):
    (pipes,) = template("prod", "Warehouse").find_resources("Custom::SnowflakePipes").values()

    assert any(name.startswith("StorageRole") for name in pipes["DependsOn"])


def test_the_two_roles_that_snowflake_trusts_have_fixed_names(template: Templates):
    for name in ("skiff-prod-transform", "skiff-prod-platform"):
        template("prod", "Warehouse").has_resource_properties("AWS::IAM::Role", {"RoleName": name})


def test_the_bucket_tells_the_pipes_of_new_events(template: Templates):
    template("prod", "Warehouse").has_resource_properties(
        "Custom::S3BucketNotifications",
        {
            "NotificationConfiguration": {
                "QueueConfigurations": [
                    {
                        "Events": ["s3:ObjectCreated:*"],
                        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "events/"}]}},
                        "QueueArn": {"Fn::GetAtt": ["Pipes", "NotificationChannel"]},
                    }
                ]
            }
        },
    )
