"""
Serving: one function per model, an alias that says what is live, and the one machine that moves the alias.

CloudFormation owns the function's code, the baseline layer and the alias at its first version, which never
changes; so no deploy ever touches what is live. The release machine publishes versions and moves the alias.
"""

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from domain import item_filter
from domain.layer import LIVE
from domain.other_settings import PredictManySettings
from domain.predict_request import PROBE
from domain.settings import PredictSettings
from stacks.code import ROOT
from stacks.environments import Environment, Jwt
from stacks.functions import RUNTIME, Function
from stacks.lake import Delivery, Lake
from stacks.release import Release, ReleaseMachine
from stacks.watched import Objective, Watched
from training import contracts


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
        self._authorizer = _authorizer(environment)
        self._artifacts = artifacts
        self.endpoints = {model: self._endpoint(model, api) for model in environment.models}
        self._many = self._all_at_once(api)
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
        self.objectives = self._objectives()

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
            latency_objective_ms=self._environment.latency_objective_ms,
            deadline_ms=self._environment.deadline_ms,
            artifacts_bucket=self._artifacts.bucket_name,
            filter_seconds=self._environment.filter_seconds,
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
        sites = sorted({*self._environment.write_keys.values()} - {PROBE})
        function.allow(
            "s3:GetObject", on=[self._artifacts.arn_for_objects(item_filter.key(site)) for site in sites]
        )
        # without it, a site that has no filter would be an error 403 and not a 404; it shows names alone
        function.allow("s3:ListBucket", on=[self._artifacts.bucket_arn])
        self._log_to_lake(function, title)
        live = self._live(function, title)
        self._route(model, integrations.HttpLambdaIntegration(f"Predict{title}", live), api)
        return function

    def _all_at_once(self, api: apigateway.IHttpApi) -> Function:
        """Several models in one call; may ask what is live, and nothing else."""
        functions = {model: function.function_name for model, function in self.endpoints.items()}
        many = Function(
            self,
            "PredictMany",
            module="predict_many",
            settings=PredictManySettings(predict_functions=functions, metrics_namespace=self._namespace),
            description="POST /predict: one request, several models",
            timeout_seconds=10,
        )
        live = [f"{function.function_arn}:{LIVE}" for function in self.endpoints.values()]
        many.allow("lambda:InvokeFunction", on=live)
        self._route("", integrations.HttpLambdaIntegration("PredictMany", many), api)
        return many

    def _route(
        self, path: str, integration: apigateway.HttpRouteIntegration, api: apigateway.IHttpApi
    ) -> None:
        apigateway.HttpRoute(
            self,
            f"Route{_title(path) or 'Many'}",
            http_api=api,
            route_key=apigateway.HttpRouteKey.with_(
                f"/predict/{path}".rstrip("/"), apigateway.HttpMethod.POST
            ),
            integration=integration,
            authorizer=self._authorizer,
        )

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
                owner=contracts.of(model).owner,
                is_health=True,
                first_action=f"Read the log of predict {model}. A release in the last hour? "
                "`python -m ops rollback`, then look.",
            )
            for model, function in self.endpoints.items()
        ]
        return [
            *errors,
            *self.machine.watched,
            self.log.late(name="serving-log-late"),
            Watched(
                name="serving-many-errors",
                metric=self._many.metric_errors(period=period),
                threshold=1,
                first_action="POST /predict, several models in one call, ends in a 5xx: read its log. "
                "/predict/<model> is another function and answers.",
            ),
            Watched(
                name="serving-model-unavailable",
                metric=self._metric("ModelUnavailable", period),
                threshold=5,
                first_action="POST /predict got no answer of a model's function: its line says of which and "
                "why. Is that function throttled, or in error itself?",
            ),
            Watched(
                name="serving-item-filter-failed",
                metric=self._metric("ItemFilterFailed", period),
                threshold=3,
                first_action="A site's item filter cannot be read, the one before it stays. Its line says "
                "which and why. `python -m ops filters` writes one that is checked.",
            ),
            Watched(
                name="serving-model-broken",
                metric=self._metric("ModelBroken", period),
                threshold=1,
                is_health=True,
                first_action="Answers are the cache's or the baseline's: a model failed its check, or raised "
                "an error. A release in the last hour? `python -m ops rollback`, then read the line's error.",
            ),
            Watched(
                name="serving-model-slow",
                metric=self._metric("ModelSlow", period),
                threshold=5,
                is_health=True,
                first_action="A model does not answer before its deadline. Longer sessions or a larger index "
                "than before? `python -m ops releases`, and go back if it began with one.",
            ),
            Watched(
                name="serving-release-undone",
                metric=self._metric("ReleaseUndone", period),
                threshold=1,
                first_action="A version did badly on its share of the requests and was taken back; what was "
                "live is live. `python -m ops releases` says why.",
            ),
            Watched(
                name="serving-release-failed",
                metric=self.machine.metric_failed(period=period),
                threshold=1,
                first_action="`python -m ops releases` says which and why: what was live is live, unless it "
                "says live, not tidied.",
            ),
            Watched(
                name="serving-release-timed-out",
                metric=self.machine.metric_timed_out(period=period),
                threshold=1,
                first_action="The alias may be left at two versions. `python -m ops rollback` puts all "
                "requests back on the one before; then release again.",
            ),
        ]

    def _objectives(self) -> list[Objective]:
        found = []
        objective_ms = self._environment.latency_objective_ms
        for model, function in self.endpoints.items():
            name, owner = model.replace("_", "-"), contracts.of(model).owner
            found += [
                Objective(
                    name=f"serving-{name}-availability",
                    bad=function.metric_errors(),
                    total=function.metric_invocations(),
                    target=0.999,
                    owner=owner,
                    first_action=f"Requests to predict {model} end in a 5xx: read its log. A release in the "
                    "last hours? `python -m ops rollback`.",
                ),
                Objective(
                    name=f"serving-{name}-latency",
                    bad=self._metric("Slow", model=model),
                    total=self._metric("Answers", model=model),
                    target=0.99,
                    owner=owner,
                    first_action=f"Answers of {model} take longer than {objective_ms:g} ms. Cold starts "
                    "(Init Duration in its log), longer sessions, or a new release?",
                ),
            ]
        return found

    def _metric(
        self, name: str, period: cdk.Duration | None = None, *, model: str | None = None
    ) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=self._namespace,
            metric_name=name,
            dimensions_map={"model": model} if model else None,
            statistic="Sum",
            period=period,
        )


def _authorizer(environment: Environment) -> apigateway.IHttpRouteAuthorizer:
    match environment.predict_auth:
        case "iam":
            return authorizers.HttpIamAuthorizer()
        case Jwt(issuer=issuer, audience=audience):
            return authorizers.HttpJwtAuthorizer("Token", issuer, jwt_audience=list(audience))
    return apigateway.HttpNoneAuthorizer()


def _title(model: str) -> str:
    return "".join(part.capitalize() for part in model.split("_"))
