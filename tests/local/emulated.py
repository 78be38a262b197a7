"""Clients of the running emulator, and what a test needs to exist in it before it can act."""

import gzip
import io
import json
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3


@dataclass(frozen=True, kw_only=True)
class Aws:
    """Clients of the emulator, and what most tests need to exist first."""

    endpoint: str
    home: Path

    def client(self, service: str) -> Any:
        return _client(service, self.endpoint)

    def client_of(self, service: str, *, role: str) -> Any:
        """A client that may do what *role* may."""
        session = self.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        return boto3.session.Session(
            aws_access_key_id=session["AccessKeyId"],
            aws_secret_access_key=session["SecretAccessKey"],
            aws_session_token=session["SessionToken"],
            region_name="us-east-1",
        ).client(service, endpoint_url=self.endpoint)

    def role(self, name: str, *, actions: list[str]) -> str:
        iam = self.client("iam")
        trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        policy = {"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(policy))
        return arn

    def function(self, name: str, source: str) -> str:
        """A function whose code is *source*, published as version 1."""
        client = self.client("lambda")
        client.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=self.role(f"{name}-role", actions=["logs:*"]),
            Handler="code.handler",
            Code={"ZipFile": zipped({"code.py": source})},
            Publish=True,
        )
        client.get_waiter("function_active_v2").wait(FunctionName=name)
        return name

    def lines(self, bucket: str, prefix: str) -> list[str]:
        """Every line of the zipped objects under *prefix*."""
        s3 = self.client("s3")
        found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        bodies = [s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read() for item in found]
        return [line for body in bodies for line in gzip.decompress(body).decode().splitlines()]

    def invoke(self, function: str, qualifier: str = "$LATEST", **event: object) -> Any:
        return self.client("lambda").invoke(
            FunctionName=function, Qualifier=qualifier, Payload=json.dumps(event)
        )

    def inbox(self, name: str) -> str:
        """A queue that any service may send to."""
        sqs = self.client("sqs")
        policy = {
            "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}]
        }
        return str(sqs.create_queue(QueueName=name, Attributes={"Policy": json.dumps(policy)})["QueueUrl"])

    def received(self, queue: str) -> list[dict[str, Any]]:
        found = self.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]

    def alarm_state(self, name: str) -> str:
        found = self.client("cloudwatch").describe_alarms(
            AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        return str((found["MetricAlarms"] + found["CompositeAlarms"])[0]["StateValue"])


@cache
def _client(service: str, endpoint: str) -> Any:
    session = boto3.session.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
    )
    return session.client(service, endpoint_url=endpoint)


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def eventually(happened: Callable[[], Any], *, within_seconds: float = 15) -> Any:
    """Wait for *happened* to return something true, and return it."""
    deadline = time.monotonic() + within_seconds
    while not (result := happened()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert result, f"{happened} stayed false for {within_seconds} s"
    return result


def arn(kind: str, name: str) -> str:
    return f"arn:aws:{kind}:us-east-1:000000000000:{name}"
