"""
Warehouse: Snowflake reads the lake, loads what lands there, and one function transforms it.

The order matters and is written as dependencies: storage integration → role that trusts it → stages and
pipes → the bucket tells the pipes. Snowflake trusts two roles of ours by name, so these have fixed names;
the platform user must exist before the first deploy (warehouse/bootstrap.sql, once, by an administrator).
"""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as notifications
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from domain.other_settings import PlatformSettings, TransformSettings
from stacks.code import ROOT
from stacks.environments import Environment
from stacks.functions import RUNTIME, Code, Function
from stacks.lake import Lake
from stacks.refresh import Refresh
from stacks.replay import Replay
from stacks.watched import Watched

# What Snowflake may see of the lake; warehouse/platform/integration.sql allows the same.
PREFIXES = ("events/", "rejected/", "snapshots/")


class Warehouse(cdk.Stack):
    def __init__(
        self, scope: Construct, id: str, *, environment: Environment, namespace: str, lake: Lake
    ) -> None:
        super().__init__(
            scope, id, env=cdk.Environment(account=environment.account, region=environment.region)
        )
        self._environment = environment
        self._lake = lake
        self._code = Code(self, "Code")
        self._connector = self._connector_layer(environment.connector_layer)
        self._storage_role_name = f"skiff-{environment.name}-snowflake-storage"
        self.transform = self._transform(namespace)
        self.platform = self._platform()
        self._load_what_lands()
        self.refresh = Refresh(
            self, "Refresh", transform=self.transform, schedule=environment.refresh_schedule
        )
        cdk.CfnOutput(self, "RefreshArn", value=self.refresh.state_machine_arn)
        self.replay = Replay(self, "Replay", transform=self.transform, platform=self.platform)
        cdk.CfnOutput(self, "ReplayArn", value=self.replay.state_machine_arn)
        cdk.CfnOutput(self, "TransformFunction", value=self.transform.function_name)
        self.watched = self._watched(namespace, cdk.Duration.seconds(environment.alarm_period_seconds))

    def _connector_layer(self, folder: str | None) -> list[lambda_.ILayerVersion]:
        if folder is None:
            return []
        if not (path := ROOT / folder).is_dir():
            raise FileNotFoundError(f"{folder} is missing: `make build` makes it")
        return [
            lambda_.LayerVersion(
                self,
                "Connector",
                code=lambda_.Code.from_asset(str(path)),
                compatible_runtimes=[RUNTIME],
                compatible_architectures=[lambda_.Architecture.ARM_64],
                description="snowflake-connector-python and what it needs",
            )
        ]

    def _snowflake(self, *, function: str) -> dict[str, str | int]:
        snowflake, name = self._environment.snowflake, self._environment.name.upper()
        return {
            "snowflake_account": snowflake.account,
            "snowflake_host": snowflake.host,
            "snowflake_port": snowflake.port,
            "snowflake_protocol": snowflake.protocol,
            "snowflake_secret": self._login(function),
            "snowflake_user": f"SKIFF_{name}_{function}",
            "snowflake_role": f"SKIFF_{name}_{function}",
            "snowflake_warehouse": f"SKIFF_{name}",
            "snowflake_database": f"SKIFF_{name}",
        }

    def _transform(self, namespace: str) -> Function:
        settings = TransformSettings(
            **self._snowflake(function="TRANSFORM"),  # type: ignore[arg-type]  # strings and one port
            lake_bucket=self._lake.bucket_name,
            code_version=self._code.asset_hash,
            metrics_namespace=namespace,
        )
        transform = Function(
            self,
            "Transform",
            module="transform",
            settings=settings,
            description="Runs warehouse/*.sql and its checks, and unloads snapshots",
            memory_mb=1024,
            timeout_seconds=900,
            role_name=f"skiff-{self._environment.name}-transform",
            layers=self._connector,
        )
        self._allow_login(transform, self._login("TRANSFORM"))
        _allow_snapshots(transform, self._lake)
        # reading metrics knows no resources; checks hold what the collector counted against the log
        transform.allow("cloudwatch:GetMetricData", on=["*"])
        return transform

    def _platform(self) -> Function:
        settings = PlatformSettings(
            **self._snowflake(function="PLATFORM"),  # type: ignore[arg-type]  # strings and one port
            lake_bucket=self._lake.bucket_name,
            external_id=f"skiff-{self._environment.name}",
            storage_role_arn=self._storage_role_arn,
        )
        platform = Function(
            self,
            "Platform",
            module="platform",
            settings=settings,
            description="Applies warehouse/platform/*.sql on deploy",
            timeout_seconds=300,
            role_name=f"skiff-{self._environment.name}-platform",
            layers=self._connector,
        )
        self._allow_login(platform, self._login("PLATFORM"))
        return platform

    def _login(self, function: str) -> str:
        """The secret of one user: a key that several share says less about who came."""
        login = self._environment.snowflake.login
        return f"{login}/{function.lower()}" if login else ""

    def _allow_login(self, function: Function, name: str) -> None:
        if name:
            secret = secretsmanager.Secret.from_secret_name_v2(self, f"LoginOf{function.node.id}", name)
            # Secrets Manager adds a hyphen and six characters to the name
            function.allow("secretsmanager:GetSecretValue", on=[f"{secret.secret_arn}-??????"])

    @property
    def _storage_role_arn(self) -> str:
        return f"arn:{self.partition}:iam::{self.account}:role/{self._storage_role_name}"

    def _load_what_lands(self) -> None:
        integration = self._applied("Integration")
        role = self._storage_role(integration)
        pipes = self._applied("Pipes")
        pipes.node.add_dependency(role)
        lake = s3.Bucket.from_bucket_attributes(self, "LakeOfIngestion", bucket_arn=self._lake.bucket_arn)
        for name, prefix in (("Events", "events/"), ("Rejects", "rejected/")):
            channel = sqs.Queue.from_queue_arn(self, f"{name}Channel", pipes.get_att_string(f"{name}Channel"))
            lake.add_event_notification(
                s3.EventType.OBJECT_CREATED,
                notifications.SqsDestination(channel),
                s3.NotificationKeyFilter(prefix=prefix),
            )

    def _applied(self, part: str) -> cdk.CustomResource:
        sql = cdk.FileSystem.fingerprint(str(ROOT / "warehouse"))
        return cdk.CustomResource(
            self,
            part,
            service_token=self.platform.function_arn,
            resource_type=f"Custom::Snowflake{part}",
            properties={"Part": part.lower(), "Sources": sql},
            service_timeout=cdk.Duration.minutes(6),  # the function ends after five; the default is an hour
        )

    def _storage_role(self, integration: cdk.CustomResource) -> iam.Role:
        snowflake = iam.ArnPrincipal(integration.get_att_string("IamUserArn"))
        role = iam.Role(
            self,
            "StorageRole",
            role_name=self._storage_role_name,
            description="What Snowflake assumes to read the log and what was refused, and to write snapshots",
            assumed_by=iam.PrincipalWithConditions(
                snowflake, {"StringEquals": {"sts:ExternalId": integration.get_att_string("ExternalId")}}
            ),
        )
        lake = self._lake
        read = [lake.arn_for_objects(f"{prefix}*") for prefix in PREFIXES]
        listed = {"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in PREFIXES]}}
        statements: list[tuple[list[str], list[str], dict[str, Any] | None]] = [
            (["s3:GetObject", "s3:GetObjectVersion"], read, None),
            (["s3:PutObject"], [lake.arn_for_objects("snapshots/*")], None),
            (["s3:ListBucket"], [lake.bucket_arn], listed),
            (["s3:GetBucketLocation"], [lake.bucket_arn], None),
            (["kms:Decrypt", "kms:GenerateDataKey"], [lake.key.key_arn], None),
        ]
        for actions, resources, when in statements:
            role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources, conditions=when))
        return role

    def _watched(self, namespace: str, period: cdk.Duration) -> list[Watched]:
        def rows(name: str) -> cloudwatch.Metric:
            return cloudwatch.Metric(namespace=namespace, metric_name=name, statistic="Sum", period=period)

        return [
            *self.refresh.watched,
            Watched(
                name="warehouse-checks",
                metric=rows("CheckViolations"),
                threshold=1,
                first_action="Run `python -m ops checks ENV`: it shows the check and the rows that break it. "
                "The layer was put back: its tables keep their last good state.",
            ),
            Watched(
                name="warehouse-warnings",
                metric=rows("CheckWarnings"),
                threshold=1,
                first_action="Run `python -m ops checks ENV`: it shows what looks wrong and the rows. "
                "Nothing was stopped.",
            ),
            Watched(
                name="warehouse-errors",
                metric=self.transform.metric_errors(period=period),
                threshold=1,
                first_action="Read the transform function's log. Every step may run again: "
                "start the pipeline once more when the cause is gone.",
            ),
            Watched(
                name="warehouse-refresh-failed",
                metric=self.refresh.metric_failed(period=period),
                threshold=1,
                first_action="Open the failed execution of the refresh: the red state says which layer. "
                "The tables keep their last good state; the next run catches up.",
            ),
            Watched(
                name="warehouse-replay-failed",
                metric=self.replay.metric_failed(period=period),
                threshold=1,
                first_action="Open the failed execution of the replay: the step that failed says why. "
                "The live tables are as they were.",
            ),
        ]


def _allow_snapshots(transform: Function, lake: Lake) -> None:
    transform.allow("s3:GetObject", "s3:PutObject", on=[lake.arn_for_objects("snapshots/*")])
    transform.allow("s3:ListBucket", on=[lake.bucket_arn], when={"StringLike": {"s3:prefix": "snapshots/*"}})
    transform.allow("kms:Decrypt", "kms:GenerateDataKey", on=[lake.key.key_arn])
