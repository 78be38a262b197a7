"""
Ingestion: a public address that takes events, and the lake that keeps every one of them.
"""

import json

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from constructs import Construct

from domain.settings import CollectSettings
from stacks.environments import Environment
from stacks.functions import Function
from stacks.lake import Delivery, Lake
from stacks.watched import Watched

REQUESTS_PER_SECOND = 500  # per stage of the API; a page view sends one or two requests
# no address and no body: who sent what is in the lake, truncated
ACCESS_LOG = json.dumps(
    {
        "request_id": "$context.requestId",
        "route": "$context.routeKey",
        "status": "$context.status",
        "took_ms": "$context.responseLatency",
        "error": "$context.integrationErrorMessage",
    }
)


class Ingestion(cdk.Stack):
    def __init__(self, scope: Construct, id: str, *, environment: Environment, namespace: str) -> None:
        super().__init__(
            scope, id, env=cdk.Environment(account=environment.account, region=environment.region)
        )
        self.lake = Lake(self, "Lake", retain=environment.retain_data)
        self.events = self._delivery("Events", prefix="events/", seconds=environment.buffer_seconds)
        self.rejected = self._delivery("Rejected", prefix="rejected/", seconds=environment.buffer_seconds)
        self.collect = self._collect(environment, namespace)
        self.api = self._api(environment)
        self.api.add_routes(
            path="/events",
            methods=[apigateway.HttpMethod.POST],
            integration=integrations.HttpLambdaIntegration("Collect", self.collect),
        )
        cdk.CfnOutput(self, "ApiId", value=self.api.api_id)
        cdk.CfnOutput(self, "ApiUrl", value=self.api.api_endpoint)
        cdk.CfnOutput(self, "LakeBucket", value=self.lake.bucket_name)
        self.watched = self._watched(namespace, cdk.Duration.seconds(environment.alarm_period_seconds))

    def _delivery(self, id: str, *, prefix: str, seconds: int) -> Delivery:
        return Delivery(self, id, lake=self.lake, key=self.lake.key, prefix=prefix, buffer_seconds=seconds)

    def _collect(self, environment: Environment, namespace: str) -> Function:
        settings = CollectSettings(
            write_keys=environment.write_keys,
            events_stream=self.events.stream.ref,
            rejected_stream=self.rejected.stream.ref,
            metrics_namespace=namespace,
        )
        collect = Function(
            self,
            "Collect",
            module="collect",
            settings=settings,
            description="POST /events: checks each event and answers when Firehose has it",
            timeout_seconds=15,
        )
        self.events.grant_put(collect, "firehose:PutRecordBatch")
        self.rejected.grant_put(collect, "firehose:PutRecordBatch")
        return collect

    def _api(self, environment: Environment) -> apigateway.HttpApi:
        log = logs.LogGroup(
            self, "ApiLog", retention=logs.RetentionDays.ONE_MONTH, removal_policy=cdk.RemovalPolicy.DESTROY
        )
        api = apigateway.HttpApi(
            self,
            "Api",
            description="Skiff: events in, predictions out",
            create_default_stage=False,
            cors_preflight=apigateway.CorsPreflightOptions(
                allow_origins=list(environment.allowed_origins),
                allow_methods=[apigateway.CorsHttpMethod.POST],
                allow_headers=["content-type", "content-encoding", "x-write-key"],
                max_age=cdk.Duration.days(1),
            ),
        )
        apigateway.CfnStage(
            self,
            "Stage",
            api_id=api.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=apigateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=REQUESTS_PER_SECOND, throttling_burst_limit=2 * REQUESTS_PER_SECOND
            ),
            access_log_settings=apigateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=log.log_group_arn, format=ACCESS_LOG
            ),
        )
        return api

    def _watched(self, namespace: str, period: cdk.Duration) -> list[Watched]:
        def count(name: str) -> cloudwatch.Metric:
            return cloudwatch.Metric(namespace=namespace, metric_name=name, statistic="Sum", period=period)

        return [
            self.events.late(name="ingestion-events-late"),
            self.rejected.late(name="ingestion-rejected-late"),
            Watched(
                name="ingestion-rejected",
                metric=count("Rejected"),
                threshold=50,
                first_action="Read the newest file under rejected/ in the lake: "
                "`reason` names what clients send wrong.",
            ),
            Watched(
                name="ingestion-unavailable",
                metric=count("Unavailable"),
                threshold=1,
                first_action="Firehose does not take what is sent: read `error` in the collect function's "
                "log. Clients were told to send again.",
            ),
            Watched(
                name="ingestion-errors",
                metric=self.collect.metric_errors(period=period),
                threshold=1,
                first_action="Read the collect function's log: a 5xx there is ours. Clients retry meanwhile.",
            ),
        ]
