import json

import pytest

from tests.local.emulated import arn, eventually


def test_a_log_subscription_reaches_the_lake_through_firehose(aws, function):
    s3, queue = aws.client("s3"), aws.inbox("arrivals")
    s3.create_bucket(Bucket="lake")
    s3.put_bucket_notification_configuration(
        Bucket="lake",
        NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": arn("sqs", "arrivals"), "Events": ["s3:ObjectCreated:*"]}]
        },
    )
    role = aws.role("delivery", actions=["s3:*"])
    extraction = {"ParameterName": "DataMessageExtraction", "ParameterValue": "true"}
    aws.client("firehose").create_delivery_stream(
        DeliveryStreamName="predictions",
        ExtendedS3DestinationConfiguration={
            "RoleARN": role,
            "BucketARN": "arn:aws:s3:::lake",
            "Prefix": "events/",
            "BufferingHints": {"IntervalInSeconds": 1, "SizeInMBs": 1},
            "CompressionFormat": "GZIP",
            "ProcessingConfiguration": {
                "Enabled": True,
                "Processors": [
                    {"Type": "Decompression"},
                    {"Type": "CloudWatchLogProcessing", "Parameters": [extraction]},
                ],
            },
        },
    )
    aws.invoke(function)  # makes the log group
    aws.client("logs").put_subscription_filter(
        logGroupName=f"/aws/lambda/{function}",
        filterName="answers",
        filterPattern="{ $.schema = 1 }",
        destinationArn=arn("firehose", "deliverystream/predictions"),
        roleArn=role,
    )

    aws.invoke(function)
    aws.invoke(function)

    lines = eventually(lambda: aws.lines("lake", "events/"))
    assert [json.loads(line)["Answers"] for line in lines] == [3, 3]
    [notice] = [message for message in eventually(lambda: aws.received(queue)) if "Records" in message]
    key = notice["Records"][0]["s3"]["object"]["key"]
    assert key.startswith("events/20") and key.endswith(".gz")


def test_a_subscription_with_a_pattern_that_is_not_emulated_is_refused(aws, function):
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="odd")

    with pytest.raises(logs.exceptions.InvalidParameterException, match="took_ms"):
        logs.put_subscription_filter(
            logGroupName="odd",
            filterName="slow",
            filterPattern="{ $.took_ms > 100 }",
            destinationArn=arn("firehose", "deliverystream/predictions"),
        )
