"""
Ingestion: a public address that takes events, and the lake that keeps every one of them.
"""

import json

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from domain.other_settings import CollectSettings
from stacks.environments import Environment
from stacks.functions import Function
from stacks.lake import Delivery, Lake
from stacks.watched import Objective, Watched

REQUESTS_PER_SECOND = 500  # per stage of the API; a page view sends one or two requests
SECRET_CHARACTERS = 64  # of letters and digits: more than the 256 bits of the hash
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
        self.server_secrets = {key: self._server_secret(key) for key in environment.server_keys}
        self.collect = self._collect(environment, namespace)
        self.api = self._api(environment)
        collects = integrations.HttpLambdaIntegration("Collect", self.collect)
        self.api.add_routes(path="/events", methods=[apigateway.HttpMethod.POST], integration=collects)
        self.api.add_routes(path="/pixel.gif", methods=[apigateway.HttpMethod.GET], integration=collects)
        cdk.CfnOutput(self, "ApiId", value=self.api.api_id)
        cdk.CfnOutput(self, "ApiUrl", value=self.api.api_endpoint)
        cdk.CfnOutput(self, "LakeBucket", value=self.lake.bucket_name)
        cdk.CfnOutput(self, "CollectFunction", value=self.collect.function_name)
        cdk.CfnOutput(self, "ServerSecrets", value=self.to_json_string(self.server_secrets))
        self.watched = self._watched(namespace, cdk.Duration.seconds(environment.alarm_period_seconds))
        self.objectives = [self._objective()]

    def _delivery(self, id: str, *, prefix: str, seconds: int) -> Delivery:
        return Delivery(self, id, lake=self.lake, key=self.lake.key, prefix=prefix, buffer_seconds=seconds)

    def _server_secret(self, key: str) -> str:
        """
        The ARN of what the server with write key *key* signs with; nobody makes it up. Each key has its own,
        so that a new key or a changed secret leaves the others alone.
        """
        secret = secretsmanager.CfnSecret(
            self,
            f"ServerKey-{key}",
            description=f"What the server with write key {key} signs its events with",
            generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
                secret_string_template="{}",  # noqa: S106  # what the generated one is put into
                generate_string_key="secret",
                password_length=SECRET_CHARACTERS,
                exclude_punctuation=True,
            ),
        )
        return secret.attr_id  # the ARN by its own name: `Ref` is the ARN in AWS and the name offline

    def _collect(self, environment: Environment, namespace: str) -> Function:
        settings = CollectSettings(
            write_keys=environment.write_keys | environment.server_keys,
            server_secrets=self.server_secrets,
            events_stream=self.events.stream.ref,
            rejected_stream=self.rejected.stream.ref,
            metrics_namespace=namespace,
        )
        collect = Function(
            self,
            "Collect",
            module="collect",
            settings=settings,
            description="POST /events, GET /pixel.gif: checks each event and answers when Firehose has it",
            timeout_seconds=29,  # the API waits 30; the adapters give up earlier, so that a 503 is counted
        )
        self.events.grant_put(collect, "firehose:PutRecordBatch")
        self.rejected.grant_put(collect, "firehose:PutRecordBatch")
        if self.server_secrets:
            collect.allow("secretsmanager:GetSecretValue", on=list(self.server_secrets.values()))
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
                allow_headers=["authorization", "content-type", "content-encoding", "x-write-key"],
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

    def _objective(self) -> Objective:
        return Objective(
            name="ingestion-availability",
            bad=self.collect.metric_errors(),
            total=self.collect.metric_invocations(),
            target=0.999,
            first_action="Requests to the collector end in a 5xx, which no input may bring about: read its "
            "log. Did it begin with a deploy? Deploy the commit before it.",
        )

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
                first_action="Firehose does not take what is sent, or a server's secret cannot be read: see "
                "`error` in the collect function's log. Clients were told to send again.",
            ),
            Watched(
                name="ingestion-throttled",
                metric=self.collect.metric_throttles(period=period),
                threshold=1,
                first_action="Lambda turned requests away: compare ConcurrentExecutions with the account's "
                "quota. A flood of one address is for a firewall in front, growth for a higher quota.",
            ),
            Watched(
                name="ingestion-errors",
                metric=self.collect.metric_errors(period=period),
                threshold=1,
                first_action="Read the collect function's log: a 5xx there is ours. Clients retry meanwhile.",
            ),
        ]
