import json

from tests.local.emulated import Aws, arn, eventually


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


def test_a_metric_in_a_log_line_fires_an_alarm_that_clears_again(aws, function):
    topic = aws.client("sns").create_topic(Name="people")["TopicArn"]
    queue = aws.inbox("people")
    aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn("sqs", "people"))
    put_alarm(aws, "busy", Dimensions=[{"Name": "model", "Value": "next_item"}], AlarmActions=[topic])
    put_alarm(aws, "busy-elsewhere", Dimensions=[{"Name": "model", "Value": "other"}])
    aws.client("cloudwatch").put_composite_alarm(
        AlarmName="any-busy", AlarmRule='ALARM("busy") OR ALARM("busy-elsewhere")'
    )

    aws.invoke(function, seconds_ago=5)  # half of the alarm's period is over already

    eventually(lambda: aws.alarm_state("busy") == "ALARM")
    assert aws.alarm_state("any-busy") == "ALARM"
    assert aws.alarm_state("busy-elsewhere") == "OK"
    [notification] = eventually(lambda: aws.received(queue))
    assert json.loads(notification["Message"])["NewStateValue"] == "ALARM"
    eventually(lambda: aws.alarm_state("any-busy") == "OK")


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

    aws.invoke(function, fail=True)

    eventually(lambda: aws.alarm_state("failing") == "ALARM")
