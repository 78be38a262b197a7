"""
The only mover of alias `live`: a function that knows the steps of a release, and the machine that takes them.
"""

from collections.abc import Mapping
from itertools import pairwise

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from domain import item_filter
from domain.other_settings import ReleaseSettings
from domain.predict_request import PROBE
from stacks.environments import Environment, Rollout
from stacks.functions import Function
from stacks.lake import Delivery
from stacks.machines import StateMachine
from stacks.registry import group_name, package_arns
from stacks.trigger import Trigger

HEALTH = "serving-health"  # the composite of what a release must not bring about
BEFORE = ("plan", "bake", "publish", "probe", "rehearse")  # nobody has been sent anywhere yet
AFTER = ("shift", "judge", "promote", "verify")  # what fails here is undone
STEPS = (*BEFORE, *AFTER)


class Release(Function):
    """May change the predict functions and their layers, and nothing else may."""

    def __init__(
        self,
        scope: cdk.Stack,
        id: str,
        *,
        environment: Environment,
        namespace: str,
        endpoints: Mapping[str, Function],
        artifacts: s3.IBucket,
        transform: Function,
        log: Delivery,
    ) -> None:
        layers = {model: group_name(environment.name, model) for model in endpoints}
        rollout = environment.rollout
        settings = ReleaseSettings(
            artifacts_bucket=artifacts.bucket_name,
            predict_functions={model: function.function_name for model, function in endpoints.items()},
            layers=layers,
            transform_function=transform.function_name,
            probe_key=next(key for key, site in environment.write_keys.items() if site == PROBE),
            canary_share=rollout.share,
            watch_seconds=rollout.watch_seconds,
            patience_seconds=rollout.patience_seconds,
            minimum_answers=rollout.minimum_answers,
            unproven=rollout.unproven,
            health_alarm=f"skiff-{environment.name}-{HEALTH}",
            kept_releases=rollout.kept_releases,
            events_stream=log.stream.ref,
            metrics_namespace=namespace,
        )
        super().__init__(
            scope,
            id,
            module="release",
            settings=settings,
            description="The steps of a release: " + ", ".join(STEPS),
            memory_mb=1769,
            timeout_seconds=300,
        )
        self._allow_artifacts(artifacts)
        self.allow("sagemaker:DescribeModelPackage", on=package_arns(scope, environment))
        self._allow_layers([_layer_arn(scope, layer) for layer in layers.values()])
        self._allow_functions([function.function_arn for function in endpoints.values()])
        self.allow("lambda:InvokeFunction", on=[transform.function_arn])
        # CloudWatch ties no metric and no alarm to a resource that could be named here
        self.allow("cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", on=["*"])
        log.grant_put(self, "firehose:PutRecordBatch")

    def _allow_artifacts(self, artifacts: s3.IBucket) -> None:
        models, layers = artifacts.arn_for_objects("models/*"), artifacts.arn_for_objects("layers/*")
        self.allow("s3:GetObject", on=[models, layers, artifacts.arn_for_objects(f"{item_filter.FOLDER}/*")])
        self.allow(
            "s3:ListBucket",
            on=[artifacts.bucket_arn],
            when={"StringLike": {"s3:prefix": f"{item_filter.FOLDER}/*"}},
        )
        self.allow("s3:DeleteObject", "s3:PutObject", on=[layers])

    def _allow_layers(self, layers: list[str]) -> None:
        """A layer's versions are numbered as they come."""
        self.allow(
            "lambda:DeleteLayerVersion",
            "lambda:GetLayerVersion",
            "lambda:ListLayerVersions",
            "lambda:PublishLayerVersion",
            on=[*layers, *(f"{layer}:*" for layer in layers)],
        )

    def _allow_functions(self, functions: list[str]) -> None:
        """So are a function's."""
        versions = [f"{function}:*" for function in functions]
        self.allow(
            "lambda:GetAlias",
            "lambda:GetFunctionConfiguration",
            "lambda:InvokeFunction",
            "lambda:ListVersionsByFunction",
            "lambda:PublishVersion",
            "lambda:UpdateAlias",
            "lambda:UpdateFunctionConfiguration",
            on=[*functions, *versions],
        )
        self.allow("lambda:DeleteFunction", on=versions)  # versions, never a function


class ReleaseMachine(StateMachine):
    """Runs when a model package is approved, after a deploy, and for people: whatever moves the alias."""

    def __init__(self, scope: cdk.Stack, id: str, *, environment: Environment, release: Release) -> None:
        self._release = release
        super().__init__(
            scope,
            id,
            definition=self._definition(scope, environment.rollout),
            comment="From an approved model to the live alias, and back",
            timeout=cdk.Duration.hours(12),
        )
        groups = [group_name(environment.name, model) for model in environment.models]
        pattern = events.EventPattern(
            source=["aws.sagemaker"],
            detail_type=["SageMaker Model Package State Change"],
            detail={"ModelPackageGroupName": groups, "ModelApprovalStatus": ["Approved"]},
        )
        package = {"model_package_arn": events.EventField.from_path("$.detail.ModelPackageArn")}
        trigger = Trigger(scope, "Approved", starts=self, pattern=pattern, input=package)
        self.watched = [trigger.watched("serving-release-missed", by_hand="`python -m ops release`")]

    def _definition(self, scope: cdk.Stack, rollout: Rollout) -> sfn.IChainable:
        steps = {name: self._step(scope, name) for name in (*STEPS, "undo", "record", "tidy")}
        self._retries(steps)
        self._catches(steps)
        start = sfn.Pass.jsonata(
            scope,
            "As asked",
            outputs="{% $merge([$states.input, {'execution': $states.context.Execution.Name}]) %}",
        )
        wait = sfn.Wait.jsonata(
            scope,
            "Watch",
            time=sfn.WaitTime.duration(cdk.Duration.seconds(rollout.judge_seconds)),
        )
        start.next(steps["plan"])
        steps["plan"].next(
            _choice(
                scope,
                "What now?",
                "next",
                {"nothing": steps["record"], "shift": steps["shift"]},
                steps["bake"],
            )
        )
        for before, after in pairwise(("bake", "publish", "probe", "rehearse", "shift")):
            steps[before].next(steps[after])
        steps["shift"].next(
            sfn.Choice.jsonata(scope, "A share or all?")
            .when(sfn.Condition.jsonata("{% $states.input.is_shared %}"), wait)
            .otherwise(steps["verify"])
        )
        wait.next(steps["judge"])
        steps["judge"].next(
            _choice(scope, "How is it?", "decision", {"good": steps["promote"], "bad": steps["undo"]}, wait)
        )
        steps["promote"].next(steps["verify"])
        for step in ("verify", "undo"):
            steps[step].next(steps["record"])
        steps["record"].next(self._end(scope, steps["tidy"]))
        return start

    def _end(self, scope: cdk.Stack, tidy: tasks.LambdaInvoke) -> sfn.Choice:
        not_released = sfn.Fail.jsonata(
            scope, "Not released", error="NotReleased", cause="{% $string($states.input.record) %}"
        )
        not_tidied = sfn.Fail.jsonata(
            scope, "Live, not tidied", error="NotTidied", cause="{% $string($states.input.record) %}"
        )
        tidy.add_catch(not_tidied, errors=["States.ALL"], outputs="{% $states.input %}")
        already = sfn.Succeed.jsonata(scope, "Already live")
        return _choice(scope, "Is it live?", "outcome", {"live": tidy, "nothing": already}, not_released)

    def _retries(self, steps: Mapping[str, tasks.LambdaInvoke]) -> None:
        """Somebody else is changing the function, or the alias; a deploy takes seconds."""
        for name in ("publish", "shift", "promote", "undo"):
            steps[name].add_retry(
                errors=["ResourceConflictException", "PreconditionFailedException"],
                interval=cdk.Duration.seconds(5),
                max_attempts=5,
                backoff_rate=2,
            )
        steps["undo"].add_retry(errors=["States.ALL"], interval=cdk.Duration.seconds(2), max_attempts=5)

    def _catches(self, steps: Mapping[str, tasks.LambdaInvoke]) -> None:
        for names, then in ((BEFORE, "record"), (AFTER, "undo")):
            for name in names:
                steps[name].add_catch(
                    steps[then],
                    errors=["States.ALL"],
                    outputs="{% $merge([$states.input, {'failure': $states.errorOutput}]) %}",
                )

    def _step(self, scope: cdk.Stack, name: str) -> tasks.LambdaInvoke:
        return tasks.LambdaInvoke.jsonata(
            scope,
            name.capitalize(),
            lambda_function=self._release,
            payload=sfn.TaskInput.from_object({"step": name, "release": "{% $states.input %}"}),
            outputs="{% $states.result.Payload %}",
        )


def _choice(
    scope: cdk.Stack, title: str, field: str, when: Mapping[str, sfn.IChainable], otherwise: sfn.IChainable
) -> sfn.Choice:
    choice = sfn.Choice.jsonata(scope, title)
    for value, then in when.items():
        choice.when(sfn.Condition.jsonata(f"{{% $states.input.{field} = '{value}' %}}"), then)
    return choice.otherwise(otherwise)


def _layer_arn(stack: cdk.Stack, name: str) -> str:
    return stack.format_arn(
        service="lambda",
        resource="layer",
        resource_name=name,
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
