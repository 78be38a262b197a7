"""The gaps that local/aws closes, seen from outside: plain boto3 calls against the running emulator."""

import json
import urllib.error
import urllib.request
from collections import Counter

import pytest

from tests.local.conftest import Aws, eventually, zipped

METRIC_LINE = json.dumps(
    {
        "_aws": {
            "Timestamp": "NOW",
            "CloudWatchMetrics": [
                {
                    "Namespace": "Shop",
                    "Dimensions": [[], ["model"]],
                    "Metrics": [{"Name": "Answers", "Unit": "Count"}],
                }
            ],
        },
        "Answers": 3,
        "model": "next_item",
        "schema": 1,
    }
)
HANDLER = f"""
import time
LINE = {METRIC_LINE!r}
def handler(event, context):
    if event.get("fail"):
        raise LookupError("no such model: next_item")
    print(LINE.replace('"NOW"', str(int(time.time() - event.get("seconds_ago", 0)) * 1000)))
    print("an ordinary line")
    return context.function_version
"""


def put_alarm(aws: Aws, name: str, **differences: object) -> None:
    alarm = {
        "AlarmName": name,
        "Namespace": "Shop",
        "MetricName": "Answers",
        "Statistic": "Sum",
        "Period": 10,
        "EvaluationPeriods": 1,
        "Threshold": 2,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    aws.client("cloudwatch").put_metric_alarm(**{**alarm, **differences})


def state_of(aws: Aws, name: str) -> str:
    found = aws.client("cloudwatch").describe_alarms(
        AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    return str((found["MetricAlarms"] + found["CompositeAlarms"])[0]["StateValue"])


def inbox(aws: Aws, name: str) -> str:
    """A queue that any service may send to."""
    sqs = aws.client("sqs")
    policy = {
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}]
    }
    return str(sqs.create_queue(QueueName=name, Attributes={"Policy": json.dumps(policy)})["QueueUrl"])


def received(aws: Aws, queue: str) -> list[dict]:
    messages = aws.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in messages]


def arn(kind: str, name: str) -> str:
    return f"arn:aws:{kind}:us-east-1:000000000000:{name}"


@pytest.fixture(scope="module")
def function(aws: Aws) -> str:
    return aws.function("answers", HANDLER)


def invoke(aws: Aws, function: str, qualifier: str = "$LATEST", **event: object) -> dict:
    return aws.client("lambda").invoke(FunctionName=function, Qualifier=qualifier, Payload=json.dumps(event))


def test_a_metric_in_a_log_line_fires_an_alarm_that_clears_again(aws, function):
    topic = aws.client("sns").create_topic(Name="people")["TopicArn"]
    queue = inbox(aws, "people")
    aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn("sqs", "people"))
    put_alarm(aws, "busy", Dimensions=[{"Name": "model", "Value": "next_item"}], AlarmActions=[topic])
    put_alarm(aws, "busy-elsewhere", Dimensions=[{"Name": "model", "Value": "other"}])
    aws.client("cloudwatch").put_composite_alarm(
        AlarmName="any-busy", AlarmRule='ALARM("busy") OR ALARM("busy-elsewhere")'
    )

    invoke(aws, function, seconds_ago=5)  # half of the alarm's period is over already

    eventually(lambda: state_of(aws, "busy") == "ALARM")
    assert state_of(aws, "any-busy") == "ALARM"
    assert state_of(aws, "busy-elsewhere") == "OK"
    [notification] = eventually(lambda: received(aws, queue))
    assert json.loads(notification["Message"])["NewStateValue"] == "ALARM"
    eventually(lambda: state_of(aws, "any-busy") == "OK")


def test_metric_math_alarms_on_the_share_of_failed_invocations(aws, function):
    def query(name: str) -> dict:
        dimensions = [{"Name": "FunctionName", "Value": function}]
        metric = {"Namespace": "AWS/Lambda", "MetricName": name.title(), "Dimensions": dimensions}
        return {
            "Id": name,
            "ReturnData": False,
            "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"},
        }

    aws.client("cloudformation").create_stack(
        StackName="failing",
        TemplateBody=json.dumps(
            {
                "Resources": {
                    "Alarm": {
                        "Type": "AWS::CloudWatch::Alarm",
                        "Properties": {
                            "AlarmName": "failing",
                            "Metrics": [
                                {"Id": "rate", "Expression": "100 * errors / invocations"},
                                query("errors"),
                                query("invocations"),
                            ],
                            "Threshold": 1,
                            "EvaluationPeriods": 1,
                            "ComparisonOperator": "GreaterThanThreshold",
                        },
                    }
                }
            }
        ),
    )

    invoke(aws, function, fail=True)

    eventually(lambda: state_of(aws, "failing") == "ALARM")


def test_an_error_carries_the_name_of_its_class(aws, function):
    answer = invoke(aws, function, fail=True)

    error = json.loads(answer["Payload"].read())
    assert answer["FunctionError"] == "Unhandled"
    assert (error["errorType"], error["errorMessage"]) == ("LookupError", "no such model: next_item")


def test_a_log_subscription_reaches_the_lake_through_firehose(aws, function):
    s3, queue = aws.client("s3"), inbox(aws, "arrivals")
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
    invoke(aws, function)  # makes the log group
    aws.client("logs").put_subscription_filter(
        logGroupName=f"/aws/lambda/{function}",
        filterName="answers",
        filterPattern="{ $.schema = 1 }",
        destinationArn=arn("firehose", "deliverystream/predictions"),
        roleArn=role,
    )

    invoke(aws, function)
    invoke(aws, function)

    lines = eventually(lambda: aws.lines("lake", "events/"))
    assert [json.loads(line)["Answers"] for line in lines] == [3, 3]
    [notice] = [message for message in eventually(lambda: received(aws, queue)) if "Records" in message]
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


def test_an_alias_splits_invocations_by_its_weights(aws):
    lambdas = aws.client("lambda")
    name = aws.function("split", "def handler(event, context):\n    return context.function_version\n")
    lambdas.update_function_code(FunctionName=name, ZipFile=zipped({"code.py": HANDLER}))
    lambdas.get_waiter("function_updated_v2").wait(FunctionName=name)
    assert lambdas.publish_version(FunctionName=name)["Version"] == "2"
    weights = {"AdditionalVersionWeights": {"2": 0.5}}
    lambdas.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=weights)

    answers = [invoke(aws, name, "live") for _ in range(24)]

    served = Counter(answer["ExecutedVersion"] for answer in answers)
    assert served.keys() == {"1", "2"}
    assert min(served.values()) > 2


def test_a_failed_handler_behind_the_http_api_is_a_plain_500(aws, function):
    apis, lambdas = aws.client("apigatewayv2"), aws.client("lambda")
    lambdas.create_alias(FunctionName=function, Name="live", FunctionVersion="1")
    target = f"{arn('lambda', f'function:{function}')}:live"
    api = apis.create_api(Name="shop", ProtocolType="HTTP")["ApiId"]
    integration = apis.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=target, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    apis.create_route(ApiId=api, RouteKey="POST /fail", Target=f"integrations/{integration}")
    apis.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    lambdas.update_function_code(
        FunctionName=function, ZipFile=zipped({"code.py": "def handler(event, context): raise KeyError('x')"})
    )
    lambdas.get_waiter("function_updated_v2").wait(FunctionName=function)
    version = lambdas.publish_version(FunctionName=function)["Version"]
    lambdas.update_alias(FunctionName=function, Name="live", FunctionVersion=version)

    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.urlopen(f"{aws.endpoint}/_aws/execute-api/{api}/$default/fail", data=b"{}")

    assert answer.value.code == 500
    assert json.loads(answer.value.read()) == {"message": "Internal Server Error"}


def test_approving_a_model_package_keeps_its_metadata_and_fires_a_rule(aws):
    sagemaker, events, queue = aws.client("sagemaker"), aws.client("events"), inbox(aws, "approvals")
    pattern = {"source": ["aws.sagemaker"], "detail": {"ModelApprovalStatus": ["Approved"]}}
    events.put_rule(Name="approved", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="approved", Targets=[{"Id": "queue", "Arn": arn("sqs", "approvals")}])
    sagemaker.create_model_package_group(ModelPackageGroupName="next-item")
    package = sagemaker.create_model_package(
        ModelPackageGroupName="next-item",
        ModelApprovalStatus="PendingManualApproval",
        CustomerMetadataProperties={"snapshot_id": "s-1"},
    )["ModelPackageArn"]

    sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")

    described = sagemaker.describe_model_package(ModelPackageName=package)
    assert described["CustomerMetadataProperties"] == {"snapshot_id": "s-1"}
    [event] = eventually(lambda: received(aws, queue))
    assert event["detail"]["ModelPackageArn"] == package
    assert event["detail-type"] == "SageMaker Model Package State Change"


def test_an_update_of_its_metadata_keeps_a_model_package_approved(aws):
    sagemaker = aws.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="kept")
    package = sagemaker.create_model_package(
        ModelPackageGroupName="kept",
        ModelApprovalStatus="Approved",
        CustomerMetadataProperties={"snapshot_id": "s-1", "seed": "7"},
    )["ModelPackageArn"]

    sagemaker.update_model_package(ModelPackageArn=package, CustomerMetadataProperties={"seed": "8"})

    described = sagemaker.describe_model_package(ModelPackageName=package)
    assert described["ModelApprovalStatus"] == "Approved"
    assert described["CustomerMetadataProperties"] == {"snapshot_id": "s-1", "seed": "8"}


def test_a_role_may_do_only_what_its_policy_allows(aws):
    source = "import boto3\ndef handler(event, context):\n    boto3.client('s3').list_buckets()\n"
    name = aws.function("curious", source)

    answer = invoke(aws, name)

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


def test_a_stack_of_the_added_types_comes_and_goes(aws):
    cloudformation = aws.client("cloudformation")
    budget = {"BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": 50, "Unit": "USD"}}
    lifecycle = {"Rules": [{"Id": "old", "Status": "Enabled", "ExpirationInDays": 30}]}
    resources = {
        "Group": {
            "Type": "AWS::SageMaker::ModelPackageGroup",
            "Properties": {"ModelPackageGroupName": "intent"},
        },
        "Budget": {"Type": "AWS::Budgets::Budget", "Properties": {"Budget": budget}},
        "Login": {"Type": "AWS::IAM::OIDCProvider", "Properties": {"Url": "https://token.example.com"}},
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"BucketName": "kept-a-while", "LifecycleConfiguration": lifecycle},
        },
        "Composite": {
            "Type": "AWS::CloudWatch::CompositeAlarm",
            "Properties": {"AlarmName": "never", "AlarmRule": "FALSE"},
        },
    }

    cloudformation.create_stack(StackName="added", TemplateBody=json.dumps({"Resources": resources}))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="added")

    s3 = aws.client("s3")
    assert (
        s3.get_bucket_lifecycle_configuration(Bucket="kept-a-while")["Rules"][0]["Expiration"]["Days"] == 30
    )
    assert state_of(aws, "never") == "OK"
    cloudformation.delete_stack(StackName="added")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="added")
    groups = aws.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert "intent" not in [group["ModelPackageGroupName"] for group in groups]
