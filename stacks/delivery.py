"""
Delivery: the role with which GitHub Actions deploys this environment, and nothing that could leak.

GitHub signs a token that says which repository and which of its environments a job runs in; only that one may
assume the role. No key exists.
"""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.environments import Environment

ISSUER = "token.actions.githubusercontent.com"


class Delivery(cdk.Stack):
    def __init__(self, scope: Construct, id: str, *, environment: Environment, repository: str) -> None:
        super().__init__(
            scope, id, env=cdk.Environment(account=environment.account, region=environment.region)
        )
        github = iam.CfnOIDCProvider(
            self, "GitHub", url=f"https://{ISSUER}", client_id_list=["sts.amazonaws.com"]
        )
        # StringEquals on the whole subject: a pattern would let other branches or repositories in
        trusted = {
            f"{ISSUER}:aud": "sts.amazonaws.com",
            f"{ISSUER}:sub": f"repo:{repository}:environment:{environment.name}",
        }
        role = iam.Role(
            self,
            "DeployRole",
            description=f"GitHub Actions, environment {environment.name} of {repository}",
            assumed_by=iam.FederatedPrincipal(
                github.attr_arn, {"StringEquals": trusted}, "sts:AssumeRoleWithWebIdentity"
            ),
            max_session_duration=cdk.Duration.hours(1),
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["sts:AssumeRole"],
                # what `cdk bootstrap` made for deploying, looking up and publishing
                resources=[f"arn:{self.partition}:iam::{self.account}:role/cdk-hnb659fds-*"],
            )
        )
        cdk.CfnOutput(self, "DeployRoleArn", value=role.role_arn)
