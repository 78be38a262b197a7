"""
What every Lambda function of Skiff has in common: one asset of pure Python, arm64, a log group that ends.
"""

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from domain.settings import Settings
from stacks import code

RUNTIME = lambda_.Runtime.PYTHON_3_14  # the connector layer and the bytecode are for the same version


def _code() -> dict[str, Any]:
    """One zip for all functions and jobs of all environments; its hash is the version of the code."""
    return {
        "path": str(code.folder()),
        "asset_hash": code.digest(),
        "asset_hash_type": cdk.AssetHashType.CUSTOM,
    }


class Code(assets.Asset):
    """The same zip as a thing of its own: for its hash, and as the code channel of a training job."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, **_code())
        if not code.is_compiled():
            cdk.Annotations.of(self).add_info(
                f"{code.PYTHON} is not on this machine, so no bytecode is shipped: cold starts compile"
            )


class Function(lambda_.Function):
    """
    A function whose handler is `lambdas.<module>.handler` and whose environment is its settings.

    Billed by the millisecond and the megabyte: `memory_mb` also buys CPU, 1,769 MB are one core.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        module: str,
        settings: Settings,
        description: str,
        memory_mb: int = 512,
        timeout_seconds: int = 30,
        role_name: str | None = None,
        layers: Sequence[lambda_.ILayerVersion] = (),
    ) -> None:
        self.log = logs.LogGroup(
            scope,
            f"{id}Log",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        # AWS's managed policy would let it write to every log group of the account
        role = iam.Role(
            scope, f"{id}Role", role_name=role_name, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")
        )
        self.log.grant_write(role)
        super().__init__(
            scope,
            id,
            code=lambda_.Code.from_asset(**_code()),
            handler=f"lambdas.{module}.handler",
            environment=settings.to_env(),
            description=description,
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            memory_size=memory_mb,
            timeout=cdk.Duration.seconds(timeout_seconds),
            log_group=self.log,
            role=role,
            layers=list(layers),
        )

    def allow(self, *actions: str, on: Sequence[str], when: dict[str, Any] | None = None) -> None:
        """Let the function do *actions* on these resources and no others."""
        self.add_to_role_policy(
            iam.PolicyStatement(actions=list(actions), resources=list(on), conditions=when)
        )
