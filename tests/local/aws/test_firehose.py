from tests.local.emulated import eventually


def test_records_wait_in_firehose_until_the_interval_is_over(aws):
    firehose, s3 = aws.client("firehose"), aws.client("s3")
    s3.create_bucket(Bucket="slow")
    firehose.create_delivery_stream(
        DeliveryStreamName="slow",
        ExtendedS3DestinationConfiguration={
            "RoleARN": aws.role("slow-delivery", actions=["s3:*"]),
            "BucketARN": "arn:aws:s3:::slow",
            "BufferingHints": {"IntervalInSeconds": 2, "SizeInMBs": 1},
            "CompressionFormat": "GZIP",
        },
    )

    for number in range(3):
        firehose.put_record(DeliveryStreamName="slow", Record={"Data": f"{number}\n".encode()})

    assert not aws.lines("slow", "")
    assert eventually(lambda: aws.lines("slow", "")) == ["0", "1", "2"]
    assert s3.list_objects_v2(Bucket="slow")["KeyCount"] == 1
