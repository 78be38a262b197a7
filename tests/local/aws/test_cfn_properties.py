import json

import pytest

RESOURCES = {
    "Bucket": {
        "Type": "AWS::S3::Bucket",
        "Properties": {
            "BucketName": "kept-a-while",
            "LifecycleConfiguration": {
                "Rules": [
                    {
                        "Id": "old",
                        "Status": "Enabled",
                        "Prefix": "events/",
                        "ExpirationInDays": 30,
                        "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
                        "Transitions": [{"StorageClass": "GLACIER_IR", "TransitionInDays": 10}],
                    }
                ]
            },
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}
                ]
            },
        },
    },
    "Table": {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": "top-items",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "client_id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "client_id", "KeyType": "HASH"}],
            "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        },
    },
    "Machine": {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "StateMachineName": "logged",
            "RoleArn": "arn:aws:iam::000000000000:role/any",
            "DefinitionString": json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
            "LoggingConfiguration": {"Level": "ALL", "IncludeExecutionData": True},
        },
    },
}


@pytest.fixture(scope="module", autouse=True)
def stack(aws):
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(StackName="kept", TemplateBody=json.dumps({"Resources": RESOURCES}))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="kept")


def test_a_bucket_keeps_its_lifecycle(aws):
    [rule] = aws.client("s3").get_bucket_lifecycle_configuration(Bucket="kept-a-while")["Rules"]

    assert (rule["ID"], rule["Filter"], rule["Expiration"]) == ("old", {"Prefix": "events/"}, {"Days": 30})
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 7}
    assert rule["Transitions"] == [{"Days": 10, "StorageClass": "GLACIER_IR"}]


def test_a_bucket_keeps_its_encryption(aws):
    found = aws.client("s3").get_bucket_encryption(Bucket="kept-a-while")

    [rule] = found["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert rule["BucketKeyEnabled"]


def test_a_table_keeps_its_expiry_and_its_backups(aws):
    tables = aws.client("dynamodb")

    expiry = tables.describe_time_to_live(TableName="top-items")["TimeToLiveDescription"]
    backups = tables.describe_continuous_backups(TableName="top-items")["ContinuousBackupsDescription"]
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "expires_at")
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_a_state_machine_keeps_its_logging(aws):
    machine = aws.client("stepfunctions").describe_state_machine(
        stateMachineArn="arn:aws:states:us-east-1:000000000000:stateMachine:logged"
    )

    assert machine["loggingConfiguration"] == {"level": "ALL", "includeExecutionData": True}
