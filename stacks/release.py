"""
The only mover of alias `live`: a function that knows the steps of a release, and the machine that takes them.
"""

from collections.abc import Mapping
from itertools import pairwise

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from domain.predict_request import PROBE
from domain.settings import ReleaseSettings
from stacks.environments import Environment
from stacks.functions import Function
from stacks.machines import StateMachine
from stacks.registry import group_name, package_arns

STEPS = ("bake", "publish", "probe", "shift", "verify")


class Release(Function):
    """May change the predict functions and their layers, and nothing else may."""

    def __init__(
        self,
        scope: cdk.Stack,
        id: str,
        *,
        environment: Environment,
        endpoints: Mapping[str, Function],
        artifacts: s3.IBucket,
    ) -> None:
        layers = {model: group_name(environment.name, model) for model in endpoints}
        settings = ReleaseSettings(
            artifacts_bucket=artifacts.bucket_name,
            predict_functions={model: function.function_name for model, function in endpoints.items()},
            layers=layers,
            probe_key=next(key for key, site in environment.write_keys.items() if site == PROBE),
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

    def _allow_artifacts(self, artifacts: s3.IBucket) -> None:
        models, layers = artifacts.arn_for_objects("models/*"), artifacts.arn_for_objects("layers/*")
        self.allow("s3:GetObject", on=[models, layers])
        self.allow("s3:PutObject", on=[layers])

    def _allow_layers(self, layers: list[str]) -> None:
        """A layer's versions are numbered as they come."""
        self.allow(
            "lambda:GetLayerVersion",
            "lambda:ListLayerVersions",
            "lambda:PublishLayerVersion",
            on=[*layers, *(f"{layer}:*" for layer in layers)],
        )

    def _allow_functions(self, functions: list[str]) -> None:
        """So are a function's."""
        self.allow(
            "lambda:GetAlias",
            "lambda:GetFunctionConfiguration",
            "lambda:InvokeFunction",
            "lambda:PublishVersion",
            "lambda:UpdateAlias",
            "lambda:UpdateFunctionConfiguration",
            on=[*functions, *(f"{function}:*" for function in functions)],
        )


class ReleaseMachine(StateMachine):
    """Runs when a model package is approved."""

    def __init__(self, scope: cdk.Stack, id: str, *, environment: Environment, release: Release) -> None:
        self._release = release
        super().__init__(
            scope,
            id,
            definition=self._definition(scope),
            comment="From an approved model to the live alias",
            timeout=cdk.Duration.hours(1),
        )
        groups = [group_name(environment.name, model) for model in environment.models]
        pattern = events.EventPattern(
            source=["aws.sagemaker"],
            detail_type=["SageMaker Model Package State Change"],
            detail={"ModelPackageGroupName": groups, "ModelApprovalStatus": ["Approved"]},
        )
        package = {"model_package_arn": events.EventField.from_path("$.detail.ModelPackageArn")}
        target = targets.SfnStateMachine(self, input=events.RuleTargetInput.from_object(package))
        events.Rule(scope, "Approved", event_pattern=pattern, targets=[target])

    def _definition(self, scope: cdk.Stack) -> sfn.IChainable:
        steps = {name: self._step(scope, name) for name in STEPS}
        for before, after in pairwise(steps.values()):
            before.next(after)
        # somebody else is changing the function; a deploy takes seconds
        steps["publish"].add_retry(
            errors=["ResourceConflictException", "PreconditionFailedException"],
            interval=cdk.Duration.seconds(5),
            max_attempts=5,
            backoff_rate=2,
        )
        undo = self._step(scope, "undo")
        undo.next(
            sfn.Fail.jsonata(
                scope, "Undone", error="ReleaseUndone", cause="{% $states.input.failure.Cause %}"
            )
        )
        for name in ("shift", "verify"):
            steps[name].add_catch(
                undo,
                errors=["States.ALL"],
                outputs="{% $merge([$states.input, {'failure': $states.errorOutput}]) %}",
            )
        return steps["bake"]

    def _step(self, scope: cdk.Stack, name: str) -> tasks.LambdaInvoke:
        return tasks.LambdaInvoke.jsonata(
            scope,
            name.capitalize(),
            lambda_function=self._release,
            payload=sfn.TaskInput.from_object({"step": name, "release": "{% $states.input %}"}),
            outputs="{% $states.result.Payload %}",
        )


def _layer_arn(stack: cdk.Stack, name: str) -> str:
    return stack.format_arn(
        service="lambda",
        resource="layer",
        resource_name=name,
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
