"""
What starts by itself: a rule of EventBridge, and a queue for the starts that it could not deliver.
"""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.watched import Watched

TRIED = cdk.Duration.hours(1)  # EventBridge's own default is a day: by then the next start is long due


class Trigger(events.Rule):
    """Starts one thing, on a schedule or an event; a start that fails for an hour is kept for two weeks."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        starts: sfn.IStateMachine | lambda_.IFunction,
        schedule: str | None = None,
        pattern: events.EventPattern | None = None,
        input: dict[str, Any] | None = None,
    ) -> None:
        """
        Args:
            input: what it is started with; default: the event.
        """
        self.missed = sqs.Queue(
            scope,
            f"{id}Missed",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        how: dict[str, Any] = {"dead_letter_queue": self.missed, "max_event_age": TRIED}
        if isinstance(starts, lambda_.Function):
            target: events.IRuleTarget = targets.LambdaFunction(starts, **how)
        else:
            told = events.RuleTargetInput.from_object(input) if input else None
            target = targets.SfnStateMachine(starts, input=told, **how)
        super().__init__(
            scope,
            id,
            schedule=events.Schedule.expression(schedule) if schedule else None,
            event_pattern=pattern,
            targets=[target],
        )

    def watched(self, name: str, *, by_hand: str) -> Watched:
        """
        Args:
            by_hand: how a person starts the same.
        """
        return Watched(
            name=name,
            metric=self.missed.metric_approximate_number_of_messages_visible(
                statistic="Maximum", period=cdk.Duration.minutes(5)
            ),
            threshold=1,
            first_action="EventBridge could not start it; the event lies in the queue with the reason. Did a "
            f"role, a name or a quota change? Mend that, then start it: {by_hand}.",
        )
