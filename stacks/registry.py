"""
Where models are kept and what they are called: the artifacts bucket, and one model package group per model.
"""

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.environments import Environment
from stacks.lake import kept


class Artifacts(s3.Bucket):
    """Models and the layers baked from them, versioned and kept; checkpoints of jobs, for a week."""

    def __init__(self, scope: Construct, id: str, *, retain: bool) -> None:
        super().__init__(
            scope,
            id,
            versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            lifecycle_rules=[
                s3.LifecycleRule(
                    prefix="checkpoints/",
                    expiration=cdk.Duration.days(7),
                    noncurrent_version_expiration=cdk.Duration.days(1),
                )
            ],
            removal_policy=kept(retain),
        )


def group_name(environment: str, model: str) -> str:
    """The model package group of *model*; SageMaker allows no underscore."""
    return f"skiff-{environment}-{model.replace('_', '-')}"


def package_arns(stack: cdk.Stack, environment: Environment) -> list[str]:
    """Every model's group and its versions, which are numbered as they come."""
    groups = [group_name(environment.name, model) for model in environment.models]
    return [
        stack.format_arn(service="sagemaker", resource=resource, resource_name=name)
        for group in groups
        for resource, name in (("model-package-group", group), ("model-package", f"{group}/*"))
    ]
