"""What would hurt if it changed in the training stack."""

import re
from collections.abc import Callable
from typing import Any

import jsonata
import pytest
from aws_cdk.assertions import Match, Template

Templates = Callable[[str, str], Template]
Definitions = Callable[[str, str], dict[str, Any]]


def test_the_pipeline_walks_from_clean_tables_to_the_registry(definition: Definitions):
    machine = definition("prod", "Training")
    models = machine["States"]["Models"]["ItemProcessor"]

    before = walk(machine["StartAt"], machine["States"])
    per_model = walk(models["StartAt"], models["States"])

    assert before == ["As of", "Transform staging", "Transform intermediate", "Transform marts", "Models"]
    assert per_model == ["Snapshot", "Train", "Gate and register"]


def walk(start: str, states: dict[str, Any]) -> list[str]:
    names = [start]
    while following := states[names[-1]].get("Next"):
        names.append(following)
    return names


def test_a_job_runs_on_spot_with_an_end_and_gets_its_wheels_as_a_channel(definition: Definitions):
    machine = definition("prod", "Training")
    request = machine["States"]["Models"]["ItemProcessor"]["States"]["Train"]["Arguments"]

    channels = [channel["ChannelName"] for channel in request["InputDataConfig"]]

    assert request["EnableManagedSpotTraining"] is True
    assert request["StoppingCondition"]["MaxRuntimeInSeconds"] == 3600
    assert channels == ["snapshot", "code", "wheels"]


@pytest.mark.parametrize(
    ("model", "execution", "name"),
    [
        ("next_item", "journey-1", "next-item-journey-1"),
        ("next_item", "5f0c_9a1b", "next-item-5f0c-9a1b"),  # a schedule's executions are named uuid_uuid
        ("next_item", "by.hand__", "next-item-by-hand"),
        ("next_item", "x" * 52 + "-" + "y" * 20, "next-item-" + "x" * 52),  # never ends in a hyphen
    ],
)
def test_a_job_is_named_after_its_execution_as_sagemaker_allows(
    definition: Definitions, model: str, execution: str, name: str
):
    request = definition("prod", "Training")["States"]["Models"]["ItemProcessor"]["States"]["Train"][
        "Arguments"
    ]
    expression = request["TrainingJobName"].removeprefix("{%").removesuffix("%}")

    found = jsonata.Jsonata(expression.replace("$states.input", "$$")).evaluate(
        {"model": model, "id": execution}
    )

    assert found == name
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", found)


def test_the_pipeline_may_run_jobs_and_pass_their_role_to_sagemaker_only(template: Templates):
    training = template("prod", "Training")

    training.has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {
                                "Action": [
                                    "sagemaker:AddTags",
                                    "sagemaker:CreateTrainingJob",
                                    "sagemaker:DescribeTrainingJob",
                                    "sagemaker:ListTags",
                                    "sagemaker:StopTrainingJob",
                                ]
                            }
                        ),
                        Match.object_like(
                            {
                                "Action": "iam:PassRole",
                                "Condition": {
                                    "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
                                },
                            }
                        ),
                        Match.object_like(
                            {"Action": ["events:DescribeRule", "events:PutRule", "events:PutTargets"]}
                        ),
                    ]
                )
            }
        },
    )


def test_registry_and_artifacts_survive_the_stack_and_keep_their_logical_ids(template: Templates):
    training = template("prod", "Training")

    for kind, logical_id in (
        ("AWS::S3::Bucket", "Artifacts82DD59A1"),
        ("AWS::SageMaker::ModelPackageGroup", "Registrynextitem"),
    ):
        (found,) = training.find_resources(kind, {"DeletionPolicy": "RetainExceptOnCreate"})
        assert found == logical_id


def test_production_trains_every_night_and_the_offline_cloud_when_told(template: Templates):
    template("prod", "Training").has_resource_properties(
        "AWS::Events::Rule", {"ScheduleExpression": "cron(0 3 * * ? *)"}
    )

    template("local", "Training").resource_count_is("AWS::Events::Rule", 0)
