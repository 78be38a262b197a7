"""
The watch: a function that runs by the hour, and the alarms on what it finds.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_s3 as s3

from domain.layer import LIVE
from domain.other_settings import WatchSettings
from stacks.environments import Environment
from stacks.functions import Function
from stacks.machines import StateMachine
from stacks.trigger import Trigger
from stacks.watched import Watched
from training import contracts


@dataclass(frozen=True, kw_only=True)
class WatchedParts:
    """What the watch looks at, and what it may start."""

    endpoints: Mapping[str, Function]
    artifacts: s3.IBucket
    transform: Function
    pipeline: StateMachine


class Watch(Function):
    """May read what is live and what it was released with, ask the warehouse, and start the pipeline."""

    def __init__(
        self, scope: cdk.Stack, id: str, *, environment: Environment, namespace: str, parts: WatchedParts
    ) -> None:
        self._namespace = namespace
        self._environment = environment
        settings = WatchSettings(
            artifacts_bucket=parts.artifacts.bucket_name,
            predict_functions={model: function.function_name for model, function in parts.endpoints.items()},
            transform_function=parts.transform.function_name,
            pipeline_arn=parts.pipeline.state_machine_arn,
            metrics_namespace=namespace,
        )
        super().__init__(
            scope,
            id,
            module="watch",
            settings=settings,
            description="Drift, quality, age and freshness by the hour; retrains where it is due",
            timeout_seconds=900,
        )
        functions = [function.function_arn for function in parts.endpoints.values()]
        live = [f"{function}:{LIVE}" for function in functions]
        self.allow("lambda:GetAlias", "lambda:ListVersionsByFunction", on=[*functions, *live])
        self.allow("lambda:InvokeFunction", on=[parts.transform.function_arn])
        self.allow("s3:GetObject", on=[parts.artifacts.arn_for_objects("layers/*.json")])
        self.allow("states:ListExecutions", "states:StartExecution", on=[parts.pipeline.state_machine_arn])
        self._triggered: list[Watched] = []
        if environment.watch_schedule:
            trigger = Trigger(scope, f"{id}Schedule", starts=self, schedule=environment.watch_schedule)
            self._triggered = [
                trigger.watched("monitoring-watch-missed", by_hand="`python -m ops watch`"),
                self._silence(),
            ]

    def watched(self) -> list[Watched]:
        """Each looks at the worst of what the watch said since it last ran."""
        by_hand = cdk.Duration.seconds(self._environment.alarm_period_seconds)
        period = cdk.Duration.hours(1) if self._environment.watch_schedule else by_hand
        return [
            *self._triggered,
            *(
                each
                for model in self._environment.models
                for each in self._of_model(model, model.replace("_", "-"), period)
            ),
            Watched(
                name="monitoring-freshness",
                metric=self._metric("FreshnessMinutes", period),
                threshold=120,
                first_action="No event has been loaded for two hours. Do clients send (Accepted)? Does "
                "Firehose deliver (ingestion-events-late)? Has the pipe stopped?",
            ),
            Watched(
                name="monitoring-volume",
                metric=self._metric("VolumeRatio", period, statistic="Minimum"),
                threshold=0.3,
                is_below=True,
                first_action="Far fewer events than at this hour of the last four weeks. Compare by site and "
                "event name in marts.traffic_hourly: one of them has stopped, or all.",
            ),
            Watched(
                name="monitoring-watch-errors",
                metric=self.metric_errors(period=period),
                threshold=1,
                first_action="The watch itself failed: read its log. Until it runs, nobody sees drift.",
            ),
        ]

    def _silence(self) -> Watched:
        return Watched(
            name="monitoring-watch-silent",
            metric=self.metric_invocations(period=cdk.Duration.hours(2)),
            threshold=0,
            is_below=True,
            is_silence_bad=True,
            first_action="The watch has not run for two hours, so what it would say is not said: is its "
            "EventBridge rule enabled? Run it by hand: `python -m ops watch`.",
        )

    def _of_model(self, model: str, name: str, period: cdk.Duration) -> list[Watched]:
        contract = contracts.of(model)
        return [
            Watched(
                name=f"monitoring-{name}-drift",
                metric=self._metric("InputDrift", period, model=model),
                threshold=contract.drift_limit,
                owner=contract.owner,
                first_action="Visitors do other things than those it learned from; a retraining has been "
                "started. Read the watch's line: which feature, since when? First mend a feed that broke.",
            ),
            Watched(
                name=f"monitoring-{name}-scores",
                metric=self._metric("ScoreDrift", period, model=model),
                threshold=2,
                owner=contract.owner,
                first_action="Its answers are more, or less, sure than those of its golden requests. Compare "
                "the requests that it gets with the events: are items or fields missing?",
            ),
            Watched(
                name=f"monitoring-{name}-stale",
                metric=self._metric("StalenessDays", period, model=model),
                threshold=contract.max_staleness_days,
                owner=contract.owner,
                first_action="No newer version has gone live for days. `python -m ops runs` says what became "
                "of the trainings, `python -m ops releases` what became of the releases.",
            ),
            Watched(
                name=f"monitoring-{name}-fallbacks",
                metric=self._metric("FallbackShare", period, model=model),
                threshold=0.5,
                owner=contract.owner,
                first_action="More than half of the answers came without the model. By tier and site: "
                "`python -m ops quality`; the log of predict says why.",
            ),
            Watched(
                name=f"monitoring-{name}-quality",
                metric=self._metric("QualityLoss", period, model=model),
                threshold=0.1,
                owner=contract.owner,
                first_action="Live answers are right less often than in its evaluation. `python -m ops "
                "quality` by site and tier; roll back if it began with the release.",
            ),
        ]

    def _metric(
        self, name: str, period: cdk.Duration, *, statistic: str = "Maximum", model: str | None = None
    ) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=self._namespace,
            metric_name=name,
            dimensions_map={"model": model} if model else None,
            statistic=statistic,
            period=period,
        )
