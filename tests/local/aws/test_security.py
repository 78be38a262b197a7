import json


def test_a_role_may_do_only_what_its_policy_allows(aws):
    source = "import boto3\ndef handler(event, context):\n    boto3.client('s3').list_buckets()\n"
    name = aws.function("curious", source)

    answer = aws.invoke(name)

    assert (
        "not authorized to perform: s3:ListAllMyBuckets"
        in json.loads(answer["Payload"].read())["errorMessage"]
    )


def test_a_bucket_that_demands_tls_is_open_on_the_loopback(aws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="tls-only")
    demand = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::tls-only/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket="tls-only", Policy=json.dumps({"Statement": [demand]}))

    writer = aws.client_of("s3", role=aws.role("writer", actions=["s3:PutObject"]))
    writer.put_object(Bucket="tls-only", Key="line", Body=b"stored")  # root is above such policies

    assert s3.get_object(Bucket="tls-only", Key="line")["Body"].read() == b"stored"
