"""
The training pipeline's states: clean tables, then per model a snapshot, a job, the gate and the registry.

What differs from model to model comes from its contract, as the items of the map. A model that cannot be made
keeps none of the others; in the end the execution fails and says which.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from domain.training_job import channel, create_training_job, metric_definitions
from stacks.environments import Environment
from stacks.functions import Code, Function
from stacks.machines import StateMachine
from stacks.refresh import layers
from stacks.registry import Artifacts, group_name
from training import contracts

SEED = "1"
# SageMaker takes letters, digits and single hyphens, 63 at most; an execution's name may hold more kinds.
JOB = (
    "$replace($substring($replace($states.input.model & '-' & $states.input.id,"
    " /[^a-zA-Z0-9]+/, '-'), 0, 63), /-+$/, '')"
)
SHARE_JOB = f"$substring({JOB}, 0, 55) & '-share-' & $states.input.share"
EXPRESSION = re.compile(r'"\{% (.*?) %\}"')
TRAINED = (
    "{% $merge([$states.input, {'job': $states.result.TrainingJobName,"
    " 'model_data': $states.result.ModelArtifacts.S3ModelArtifacts}]) %}"
)
GIVE_UP = "Give up"
GIVEN_UP = "{% {'model': $states.input.model, 'id': $states.input.id, 'failure': $states.errorOutput} %}"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the states put to work."""

    environment: Environment
    transform: Function
    champion: Function
    register: Function
    job_role: iam.Role
    code: Code
    wheels: assets.Asset | None
    artifacts: Artifacts


class Pipeline(StateMachine):
    def __init__(self, scope: cdk.Stack, id: str, *, parts: Parts) -> None:
        self._parts = parts
        super().__init__(
            scope,
            id,
            definition=self._definition(scope),
            comment="Clean tables, then per model: snapshot, training job, gate, registry",
            timeout=cdk.Duration.hours(12),
        )
        for statement in self._job_statements(scope):
            self.add_to_role_policy(statement)

    def _definition(self, scope: cdk.Stack) -> sfn.IChainable:
        models = sfn.Map.jsonata(
            scope,
            "Models",
            max_concurrency=2,  # a job is an instance, and an account may run few of a kind at once
            items=sfn.ProvideItems.jsonata(f"{{% {self._wanted()} %}}"),
            item_selector={
                "as_of": "{% $states.input.as_of %}",
                "id": "{% $states.context.Execution.Name %}",
                **{
                    name: f"{{% $states.context.Map.Item.Value.{name} %}}"
                    for name in ("model", "group", "instance", "metrics", "shares")
                },
            },
        )
        models.item_processor(self._steps(scope))
        return layers(scope, self._parts.transform).next(models).next(self._end(scope))

    def _wanted(self) -> str:
        """All models, or those that the execution's input names; a list also where it is of one."""
        every = _expression([self._model(name) for name in self._parts.environment.models])
        asked = "$states.context.Execution.Input.models"
        chosen = f"$filter({every}, function($each) {{ $each.model in {asked} }})"
        return f"$exists({asked}) ? [{chosen}] : {every}"

    def _steps(self, scope: cdk.Stack) -> sfn.IChainable:
        """What is done for one model; where a step fails, its item says why."""
        steps = (
            self._snapshot(scope),
            self._champion(scope),
            self._search(scope),
            self._train(scope),
            self._register(scope),
        )
        given_up = self._give_up(scope)
        for step in steps:
            if isinstance(step, tasks.LambdaInvoke):  # of a CustomState, CDK would lose the output
                step.add_catch(given_up, errors=["States.ALL"], outputs=GIVEN_UP)
        for before, after in pairwise(steps):
            before.next(after)
        return steps[0]

    def _end(self, scope: cdk.Stack) -> sfn.IChainable:
        failed = sfn.Fail.jsonata(
            scope, "Without some models", error="ModelsFailed", cause="{% $string($states.input) %}"
        )
        return (
            sfn.Choice.jsonata(scope, "Was any given up?")
            .when(sfn.Condition.jsonata("{% $exists($states.input.failure) %}"), failed)
            .otherwise(sfn.Succeed.jsonata(scope, "All models"))
        )

    def _model(self, name: str) -> dict[str, Any]:
        contract = contracts.of(name)
        baselines = [
            f"{baseline.name}_{metric.name}" for baseline in contract.baselines for metric in contract.metrics
        ]
        return {
            "model": name,
            "group": group_name(self._parts.environment.name, name),
            "instance": contract.instance,
            "shares": [str(number) for number in range(contract.search.jobs)],
            "metrics": metric_definitions([metric.name for metric in contract.metrics] + baselines),
        }

    def _snapshot(self, scope: cdk.Stack) -> tasks.LambdaInvoke:
        return tasks.LambdaInvoke.jsonata(
            scope,
            "Snapshot",
            lambda_function=self._parts.transform,
            payload=sfn.TaskInput.from_object(
                {
                    "action": "snapshot",
                    "model": "{% $states.input.model %}",
                    "snapshot_id": "{% $states.input.id %}",
                    "as_of": "{% $states.input.as_of %}",
                }
            ),
            outputs="{% $merge([$states.input, {'snapshot': $states.result.Payload}]) %}",
        )

    def _champion(self, scope: cdk.Stack) -> tasks.LambdaInvoke:
        return tasks.LambdaInvoke.jsonata(
            scope,
            "Find champion",
            lambda_function=self._parts.champion,
            payload=sfn.TaskInput.from_object({"group": "{% $states.input.group %}"}),
            outputs="{% $merge([$states.input, $states.result.Payload]) %}",
        )

    def _search(self, scope: cdk.Stack) -> sfn.Map:
        """
        Jobs that share the points of the search, side by side: none where the contract asks for none.

        What they find lies among the checkpoints of the training, which tries what is missing: so one that
        fails costs time, and nothing else.
        """
        search = sfn.Map.jsonata(
            scope,
            "Search",
            items=sfn.ProvideItems.jsonata("{% $states.input.shares %}"),
            item_selector={
                "share": "{% $states.context.Map.Item.Value %}",
                **{name: f"{{% $states.input.{name} %}}" for name in ("model", "as_of", "id", "instance")},
                "snapshot": "{% $states.input.snapshot %}",
            },
            outputs="{% $states.input %}",
        )
        passed_over = sfn.Pass.jsonata(scope, "Left to the training")
        request = self._request(
            name=f"{{% {SHARE_JOB} %}}",
            metrics=[],
            channels=f"{{% {_expression(self._channels())} %}}",
            checkpoints="& '/share-' & $states.input.share",
            hyperparameters={"share": "{% $states.input.share %}"},
        )
        job = self._job(scope, "Try share", request, output="{% {} %}", given_up=passed_over.state_id)
        job.next(passed_over)
        search.item_processor(job)
        return search

    def _train(self, scope: cdk.Stack) -> sfn.CustomState:
        request = self._request(
            name=f"{{% {JOB} %}}",
            metrics="{% $states.input.metrics %}",
            channels=f"{{% $append({_expression(self._channels())}, $states.input.channels) %}}",
        )
        return self._job(scope, "Train", request, output=TRAINED, given_up=GIVE_UP, gives_up_with=GIVEN_UP)

    def _channels(self) -> list[dict[str, Any]]:
        return [
            channel("snapshot", "{% $states.input.snapshot.uri %}"),
            channel("code", self._parts.code.s3_object_url),
            *([channel("wheels", self._parts.wheels.s3_object_url)] if self._parts.wheels else []),
        ]

    def _request(
        self,
        *,
        name: str,
        metrics: list[Any] | str,
        channels: str,
        checkpoints: str = "",
        hyperparameters: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        artifacts = self._parts.artifacts
        return create_training_job(
            name=name,
            role_arn=self._parts.job_role.role_arn,
            region=self._parts.environment.region,
            instance="{% $states.input.instance %}",
            metrics=metrics,
            channels=channels,
            output_uri=f"{artifacts.s3_url_for_object('models')}/",
            checkpoint_uri=f"{{% '{artifacts.s3_url_for_object('checkpoints')}/' & {JOB} {checkpoints} %}}",
            hyperparameters={
                "model": "{% $states.input.model %}",
                "as_of": "{% $states.input.as_of %}",
                "seed": SEED,
                "code_version": self._parts.code.asset_hash,
                **(hyperparameters or {}),
            },
            tags={"model": "{% $states.input.model %}", "environment": self._parts.environment.name},
        )

    def _job(
        self,
        scope: cdk.Stack,
        name: str,
        request: Mapping[str, Any],
        *,
        output: str,
        given_up: str,
        gives_up_with: str = "{% {} %}",
    ) -> sfn.CustomState:
        """CDK's own task knows neither spot nor an entry point, so the state is written out."""
        return sfn.CustomState(
            scope,
            name,
            state_json={
                "Type": "Task",
                "QueryLanguage": "JSONata",
                "Resource": f"arn:{scope.partition}:states:::sagemaker:createTrainingJob.sync",
                "Arguments": request,
                "Output": output,
                "Catch": [{"ErrorEquals": ["States.ALL"], "Output": gives_up_with, "Next": given_up}],
                "Retry": [
                    {
                        "ErrorEquals": [
                            "SageMaker.ThrottlingException",
                            "SageMaker.ResourceLimitExceededException",
                        ],
                        "IntervalSeconds": 10,
                        "MaxAttempts": 5,
                        "BackoffRate": 2,
                    }
                ],
            },
        )

    def _register(self, scope: cdk.Stack) -> tasks.LambdaInvoke:
        return tasks.LambdaInvoke.jsonata(
            scope,
            "Gate and register",
            lambda_function=self._parts.register,
            payload=sfn.TaskInput.from_object(
                {
                    "model": "{% $states.input.model %}",
                    "group": "{% $states.input.group %}",
                    "job": "{% $states.input.job %}",
                    "model_data": "{% $states.input.model_data %}",
                    "snapshot_id": "{% $states.input.id %}",
                }
            ),
            outputs="{% $merge([{'model': $states.input.model}, $states.result.Payload]) %}",
        )

    def _give_up(self, scope: cdk.Stack) -> tasks.LambdaInvoke:
        """Writes into the log that there is no such model this time, and why."""
        return tasks.LambdaInvoke.jsonata(
            scope,
            GIVE_UP,
            lambda_function=self._parts.register,
            payload=sfn.TaskInput.from_object(
                {
                    "model": "{% $states.input.model %}",
                    "job": f"{{% {JOB} %}}",
                    "snapshot_id": "{% $states.input.id %}",
                    "failure": "{% $states.input.failure %}",
                }
            ),
            outputs="{% $states.result.Payload %}",
        )

    def _job_statements(self, scope: cdk.Stack) -> list[iam.PolicyStatement]:
        """A CustomState brings no permissions of its own."""
        jobs = scope.format_arn(service="sagemaker", resource="training-job", resource_name="*")
        rule = scope.format_arn(
            service="events",
            resource="rule",
            resource_name="StepFunctionsGetEventsForSageMakerTrainingJobsRule",
        )
        return [
            iam.PolicyStatement(
                actions=[
                    "sagemaker:AddTags",
                    "sagemaker:CreateTrainingJob",
                    "sagemaker:DescribeTrainingJob",
                    "sagemaker:ListTags",
                    "sagemaker:StopTrainingJob",
                ],
                resources=[jobs],  # a job's name holds the execution's, which nobody knows beforehand
            ),
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[self._parts.job_role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            ),
            iam.PolicyStatement(
                actions=["events:DescribeRule", "events:PutRule", "events:PutTargets"], resources=[rule]
            ),
        ]


def _expression(value: Any) -> str:
    """*value* as JSONata, which JSON is; the expressions in it stand bare."""
    return EXPRESSION.sub(r"\1", json.dumps(value))
