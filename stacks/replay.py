"""
Making the warehouse from the log again: a machine, since it may take longer than any function.

Its functions only start statements in Snowflake and ask what has become of them; the waiting is done here.
"""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from stacks.machines import StateMachine

# What each call is told of the replay; a scope's fields may be missing.
REPLAY = {
    "scope": "{% $states.context.Execution.Input %}",
    "execution": "{% $states.context.Execution.Name %}",
    "read_at": "{% $states.context.Execution.StartTime %}",
}
STEP = "{% $states.input.steps[$states.input.index] %}"
IS_MORE = "{% $states.input.index + 1 < $count($states.input.steps) %}"
# Twice as long each time, up to a minute: nobody waits for small tables, and a history of 25,000 events, the
# most that an execution may have, lasts for a day.
LONGER = "{% $merge([$states.input, {'wait': $min([60, 2 * $states.input.wait])}]) %}"


class Replay(StateMachine):
    def __init__(
        self, scope: cdk.Stack, id: str, *, transform: lambda_.IFunction, platform: lambda_.IFunction
    ) -> None:
        self._transform = transform
        self._platform = platform
        super().__init__(
            scope,
            id,
            definition=self._definition(scope),
            comment="Build every table from the log beside the live ones, check, and put it in their place",
            timeout=cdk.Duration.days(1),
        )

    def _definition(self, scope: cdk.Stack) -> sfn.IChainable:
        begin = self._call(
            scope,
            "Begin",
            {"call": "begin"},
            outputs="{% $merge([$states.result.Payload, {'index': 0}]) %}",
            is_retried=False,  # two at once would undo each other's preparation
        )
        start = self._call(
            scope,
            "Start",
            {"call": "start", "step": STEP},
            outputs="{% $merge([$states.input, $states.result.Payload, {'wait': 1}]) %}",
        )
        wait = sfn.Wait.jsonata(
            scope, "Wait", time=sfn.WaitTime.seconds("{% $states.input.wait %}"), outputs=LONGER
        )
        poll = self._call(
            scope,
            "Poll",
            {"call": "poll", "step": STEP, "query_id": "{% $states.input.query_id %}"},
            outputs="{% $merge([$states.input, $states.result.Payload]) %}",
        )
        further = sfn.Pass.jsonata(
            scope,
            "Next step",
            outputs="{% $merge([$states.input, {'index': $states.input.index + 1}]) %}",
        )
        end = self._call(scope, "End", {"call": "end"})
        judged = sfn.Choice.jsonata(scope, "Is it done?")
        judged.when(sfn.Condition.jsonata("{% $not($states.input.is_done) %}"), wait)
        judged.when(sfn.Condition.jsonata(IS_MORE), further.next(start)).otherwise(end)
        start.next(wait).next(poll).next(judged)
        return self._apply(scope, "integration").next(self._apply(scope, "pipes")).next(begin).next(start)

    def _apply(self, scope: cdk.Stack, part: str) -> tasks.LambdaInvoke:
        """What a deploy applies: databases, raw tables, stages and pipes that are gone are there again."""
        return tasks.LambdaInvoke.jsonata(
            scope,
            f"Apply {part}",
            lambda_function=self._platform,
            payload=sfn.TaskInput.from_object(
                {"RequestType": "Update", "ResourceProperties": {"Part": part}}
            ),
            outputs="{% $states.input %}",
        )

    def _call(
        self,
        scope: cdk.Stack,
        id: str,
        call: dict[str, Any],
        *,
        outputs: str = "{% $states.result.Payload %}",
        is_retried: bool = True,
    ) -> tasks.LambdaInvoke:
        return tasks.LambdaInvoke.jsonata(
            scope,
            id,
            lambda_function=self._transform,
            payload=sfn.TaskInput.from_object({"action": "replay", **REPLAY, **call}),
            outputs=outputs,
            retry_on_service_exceptions=is_retried,
        )
