"""
What every state machine of Skiff has in common: JSONata, a log of each step, a trace.
"""

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct


class StateMachine(sfn.StateMachine):
    def __init__(
        self, scope: Construct, id: str, *, definition: sfn.IChainable, comment: str, timeout: cdk.Duration
    ) -> None:
        # below this prefix Step Functions delivers logs without touching the account's log policy
        log = logs.LogGroup(
            scope,
            f"{id}Log",
            log_group_name=f"/aws/vendedlogs/states/{cdk.Stack.of(scope).stack_name}-{id}",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        super().__init__(
            scope,
            id,
            query_language=sfn.QueryLanguage.JSONATA,
            definition_body=sfn.DefinitionBody.from_chainable(definition),
            comment=comment,
            timeout=timeout,
            tracing_enabled=True,
            logs=sfn.LogOptions(destination=log, level=sfn.LogLevel.ALL, include_execution_data=True),
        )
