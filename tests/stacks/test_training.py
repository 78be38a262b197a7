"""What would hurt if it changed in the training stack."""

import json
import re
from collections.abc import Callable
from typing import Any

from aws_cdk.assertions import Match, Template

Templates = Callable[[str, str], Template]


def definition(stack: Template) -> dict[str, Any]:
    (machine,) = stack.find_resources("AWS::StepFunctions::StateMachine").values()
    parts = machine["Properties"]["DefinitionString"]["Fn::Join"][1]
    return dict(json.loads("".join(part if isinstance(part, str) else "TOKEN" for part in parts)))


def test_the_pipeline_walks_from_clean_tables_to_the_registry(template: Templates):
    machine = definition(template("prod", "Training"))
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


def test_a_job_runs_on_spot_with_an_end_and_gets_its_wheels_as_a_channel(template: Templates):
    machine = definition(template("prod", "Training"))
    request = machine["States"]["Models"]["ItemProcessor"]["States"]["Train"]["Arguments"]

    channels = [channel["ChannelName"] for channel in request["InputDataConfig"]]

    assert request["EnableManagedSpotTraining"] is True
    assert request["StoppingCondition"]["MaxRuntimeInSeconds"] == 3600
    assert channels == ["snapshot", "code", "wheels"]


def test_a_job_is_named_after_its_execution_so_that_a_second_run_does_not_collide(template: Templates):
    machine = definition(template("prod", "Training"))
    request = machine["States"]["Models"]["ItemProcessor"]["States"]["Train"]["Arguments"]

    assert "$states.input.id" in request["TrainingJobName"]
    assert re.search(r"\b63\b", request["TrainingJobName"])  # SageMaker's longest name


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
        (found,) = training.find_resources(kind, {"DeletionPolicy": "Retain"})
        assert found == logical_id


def test_production_trains_every_night_and_the_offline_cloud_when_told(template: Templates):
    template("prod", "Training").has_resource_properties(
        "AWS::Events::Rule", {"ScheduleExpression": "cron(0 3 * * ? *)"}
    )

    template("local", "Training").resource_count_is("AWS::Events::Rule", 0)
