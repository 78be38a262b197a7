import json

import pytest
from botocore.exceptions import ClientError


def test_a_role_may_do_only_what_its_policy_allows(aws):
    source = "import boto3\ndef handler(event, context):\n    boto3.client('s3').list_buckets()\n"
    name = aws.function("curious", source)

    answer = aws.invoke(name)

    assert (
        "not authorized to perform: s3:ListAllMyBuckets"
        in json.loads(answer["Payload"].read())["errorMessage"]
    )


def test_who_may_ask_an_alias_may_ask_no_version(aws):
    name = aws.function("asked", "def handler(event, context):\n    return 1\n")
    aws.client("lambda").create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    arn = aws.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    role = aws.role("asker", actions=["sts:GetCallerIdentity"])
    allowed = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": f"{arn}:live"}
    aws.client("iam").put_role_policy(
        RoleName="asker", PolicyName="ask", PolicyDocument=json.dumps({"Statement": [allowed]})
    )
    asker = aws.client_of("lambda", role=role)

    assert asker.invoke(FunctionName=name, Qualifier="live")["Payload"].read() == b"1"
    for other in ({"Qualifier": "1"}, {}):
        with pytest.raises(ClientError, match="not authorized to perform: lambda:InvokeFunction"):
            asker.invoke(FunctionName=name, **other)


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
