"""
Keeping the tables up to date: layer after layer, in a machine of their own and in the training pipeline.
"""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from domain.tables import LAYERS
from stacks.machines import StateMachine
from stacks.trigger import Trigger
from stacks.watched import Watched

# now, or what the caller says: freshness and volume are judged at this moment, and sessions count up to it
AS_OF = "{% $exists($states.input.as_of) ? $states.input.as_of : $states.context.Execution.StartTime %}"


def layers(scope: cdk.Stack, transform: lambda_.IFunction) -> sfn.Chain:
    """The states that bring every table up to date and check it; their output is {as_of}."""
    start = sfn.Pass.jsonata(
        scope, "As of", comment="The moment that everything counts up to", outputs={"as_of": AS_OF}
    )
    chain = sfn.Chain.start(start)
    for layer in LAYERS:
        chain = chain.next(_layer(scope, transform, layer))
    return chain


def _layer(scope: cdk.Stack, transform: lambda_.IFunction, layer: str) -> tasks.LambdaInvoke:
    return tasks.LambdaInvoke.jsonata(
        scope,
        f"Transform {layer}",
        lambda_function=transform,
        payload=sfn.TaskInput.from_object(
            {"action": "transform", "layer": layer, "as_of": "{% $states.input.as_of %}"}
        ),
        outputs="{% $states.input %}",
    )


class Refresh(StateMachine):
    """The layers alone, as often as the schedule says: what a dashboard reads is no older than that."""

    def __init__(
        self, scope: cdk.Stack, id: str, *, transform: lambda_.IFunction, schedule: str | None
    ) -> None:
        super().__init__(
            scope,
            id,
            definition=layers(scope, transform),
            comment="Bring every table up to date and check it",
            timeout=cdk.Duration.hours(1),
        )
        self.watched: list[Watched] = []
        if schedule:
            trigger = Trigger(scope, f"{id}Schedule", starts=self, schedule=schedule)
            self.watched = [trigger.watched("warehouse-refresh-missed", by_hand="the state machine, with {}")]
