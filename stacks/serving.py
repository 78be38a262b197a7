"""
Serving: one function per model, an alias that says what is live, and the one machine that moves the alias.

CloudFormation owns the function's code, the baseline layer and the alias at its first version, which never
changes; so no deploy ever touches what is live. The release machine publishes versions and moves the alias.
"""

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from domain.settings import PredictSettings
from stacks.environments import Environment
from stacks.functions import ROOT, RUNTIME, Function
from stacks.lake import Delivery, Lake
from stacks.release import Release, ReleaseMachine
from stacks.watched import Watched

LIVE = "live"


class Serving(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        environment: Environment,
        namespace: str,
        api: apigateway.IHttpApi,
        lake: Lake,
        artifacts: s3.IBucket,
        transform: Function,
        log: Delivery,
    ) -> None:
        super().__init__(
            scope, id, env=cdk.Environment(account=environment.account, region=environment.region)
        )
        self._environment = environment
        self._namespace = namespace
        self.log = Delivery(
            self,
            "Predictions",
            lake=lake,
            key=lake.key,
            prefix="events/",
            buffer_seconds=environment.buffer_seconds,
            from_log_group=True,
        )
        self._baseline = self._baseline_layer()
        self.endpoints = {model: self._endpoint(model, api) for model in environment.models}
        self.release = Release(
            self,
            "Release",
            environment=environment,
            namespace=namespace,
            endpoints=self.endpoints,
            artifacts=artifacts,
            transform=transform,
            log=log,
        )
        self.machine = ReleaseMachine(self, "ReleaseMachine", environment=environment, release=self.release)
        cdk.CfnOutput(self, "ReleaseArn", value=self.machine.state_machine_arn)
        for model, function in self.endpoints.items():
            cdk.CfnOutput(
                self, f"Predict-{model}", value=function.function_name, key=f"Predict{_title(model)}"
            )
        self.watched = self._watched(cdk.Duration.seconds(environment.alarm_period_seconds))

    def _baseline_layer(self) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            "Baseline",
            code=lambda_.Code.from_asset(str(ROOT / "stacks" / "baseline")),
            compatible_runtimes=[RUNTIME],
            description="What answers before any model exists",
        )

    def _endpoint(self, model: str, api: apigateway.IHttpApi) -> Function:
        settings = PredictSettings(
            write_keys=self._environment.write_keys,
            model=model,
            deadline_ms=self._environment.deadline_ms,
            metrics_namespace=self._namespace,
        )
        title = _title(model)
        function = Function(
            self,
            f"Predict{title}",
            module="predict",
            settings=settings,
            description=f"POST /predict/{model}",
            memory_mb=1024,
            timeout_seconds=5,
            layers=[self._baseline],
        )
        self._log_to_lake(function, title)
        apigateway.HttpRoute(
            self,
            f"Route{title}",
            http_api=api,
            route_key=apigateway.HttpRouteKey.with_(f"/predict/{model}", apigateway.HttpMethod.POST),
            integration=integrations.HttpLambdaIntegration(f"Predict{title}", self._live(function, title)),
        )
        return function

    def _live(self, function: Function, title: str) -> lambda_.IFunction:
        first = lambda_.CfnVersion(self, f"First{title}", function_name=function.function_name)
        first.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        version = lambda_.Version.from_version_attributes(
            self, f"FirstOf{title}", lambda_=function, version=first.attr_version
        )
        return lambda_.Alias(self, f"Live{title}", alias_name=LIVE, version=version)

    def _log_to_lake(self, function: Function, title: str) -> None:
        role = iam.Role(
            self,
            f"LogRole{title}",
            assumed_by=iam.ServicePrincipal("logs.amazonaws.com", conditions=self._own_logs()),
        )
        self.log.grant_put(role, "firehose:PutRecord", "firehose:PutRecordBatch")
        logs.CfnSubscriptionFilter(
            self,
            f"ToLake{title}",
            log_group_name=function.log.log_group_name,
            destination_arn=self.log.stream.attr_arn,
            filter_pattern="{ $.schema = 1 }",
            role_arn=role.role_arn,
        ).node.add_dependency(role)

    def _own_logs(self) -> dict[str, dict[str, str]]:
        arn = self.format_arn(service="logs", resource="*")
        return {"StringLike": {"aws:SourceArn": arn}}

    def _watched(self, period: cdk.Duration) -> list[Watched]:
        errors = [
            Watched(
                name=f"serving-{model.replace('_', '-')}-errors",
                metric=function.metric_errors(period=period),
                threshold=1,
                first_action=f"Read the log of predict {model}. A release in the last hour? "
                "Point alias live back to the version before it.",
            )
            for model, function in self.endpoints.items()
        ]
        broken = cloudwatch.Metric(
            namespace=self._namespace, metric_name="ModelBroken", statistic="Sum", period=period
        )
        return [
            *errors,
            self.log.late(name="serving-log-late"),
            Watched(
                name="serving-model-broken",
                metric=broken,
                threshold=1,
                first_action="Answers are the baseline's: the model in the layer failed its check. "
                "Point alias live back to the version before it.",
            ),
            Watched(
                name="serving-release-failed",
                metric=self.machine.metric_failed(period=period),
                threshold=1,
                first_action="Open the failed execution of the release machine: what was live is live, "
                "the red step says why.",
            ),
            Watched(
                name="serving-release-timed-out",
                metric=self.machine.metric_timed_out(period=period),
                threshold=1,
                first_action="Open the execution of the release machine and compare alias live with what it "
                "published; start it again with the same input.",
            ),
        ]


def _title(model: str) -> str:
    return "".join(part.capitalize() for part in model.split("_"))
