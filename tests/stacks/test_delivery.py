"""Who may deploy from GitHub: one environment of one repository."""

from collections.abc import Callable

from aws_cdk.assertions import Match, Template

SUBJECT = "repo:my-org@1/skiff@2:environment:prod"

Templates = Callable[[str, str], Template]


def test_only_the_named_environment_of_the_repository_may_assume_the_role(template: Templates):
    template("prod", "Delivery").has_resource_properties(
        "AWS::IAM::Role",
        {
            "AssumeRolePolicyDocument": {
                "Statement": [
                    {
                        "Action": "sts:AssumeRoleWithWebIdentity",
                        "Effect": "Allow",
                        "Principal": {"Federated": Match.any_value()},
                        "Condition": {
                            "StringEquals": {
                                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                                "token.actions.githubusercontent.com:sub": SUBJECT,
                            }
                        },
                    }
                ]
            }
        },
    )


def test_the_role_may_do_nothing_but_assume_the_bootstrap_roles(template: Templates):
    (policy,) = template("prod", "Delivery").find_resources("AWS::IAM::Policy").values()

    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]

    assert statement["Action"] == "sts:AssumeRole"
    assert "role/cdk-hnb659fds-" in str(statement["Resource"])
