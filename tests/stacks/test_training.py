"""What would hurt if it changed in the training stack."""

import json
import re
from collections.abc import Callable
from typing import Any

import jsonata
import pytest
from aws_cdk.assertions import Match, Template

from adapters import machines
from domain.training_job import channel
from training import contracts

Templates = Callable[[str, str], Template]
Definitions = Callable[[str, str], dict[str, Any]]


def test_the_pipeline_walks_from_clean_tables_to_the_registry(definition: Definitions):
    machine = definition("prod", "Training")
    models = machine["States"]["Models"]["ItemProcessor"]

    before = walk(machine["StartAt"], machine["States"])
    per_model = walk(models["StartAt"], models["States"])

    assert before == [
        "As of",
        "Transform staging",
        "Transform intermediate",
        "Transform marts",
        "Models",
        "Was any given up?",
    ]
    assert per_model == ["Snapshot", "Find champion", "Search", "Train", "Gate and register"]


def test_a_model_that_cannot_be_made_keeps_none_of_the_others_and_the_execution_fails(
    definition: Definitions,
):
    states = definition("prod", "Training")["States"]
    per_model = states["Models"]["ItemProcessor"]["States"]
    made = {"model": "next_item", "approved": True}
    failure = {"Error": "EmptySnapshot", "Cause": "no session"}
    given_up = {"model": "top_items", "id": "nightly-1", "failure": failure}

    for name in ("Snapshot", "Find champion", "Train", "Gate and register"):
        (catch,) = per_model[name]["Catch"]
        assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], "Give up")
        text = catch["Output"].replace("$states.errorOutput", "failure")
        assert evaluated(text, given_up) == given_up
    told = per_model["Give up"]["Arguments"]["Payload"]
    assert evaluated(told["job"], given_up) == "top-items-nightly-1"
    assert set(told) == {"model", "job", "snapshot_id", "failure"}
    (choice,) = states["Was any given up?"]["Choices"]
    assert choice["Next"] == "Without some models"
    assert evaluated(choice["Condition"], [made, given_up]) is True
    assert evaluated(choice["Condition"], [made]) is False
    assert states["Without some models"]["Type"] == "Fail"
    cause = json.loads(evaluated(states["Without some models"]["Cause"], [made, given_up]))
    assert machines.reason({"Error": "ModelsFailed", "Cause": json.dumps(cause)}) == (
        "ModelsFailed: top_items: EmptySnapshot: no session"
    )


def walk(start: str, states: dict[str, Any]) -> list[str]:
    names = [start]
    while following := states[names[-1]].get("Next"):
        names.append(following)
    return names


def test_a_job_runs_on_spot_with_an_end(definition: Definitions):
    request = train(definition)

    assert request["EnableManagedSpotTraining"] is True
    assert request["StoppingCondition"]["MaxRuntimeInSeconds"] == 3600
    assert request["RetryStrategy"]["MaximumRetryAttempts"] == 2


@pytest.mark.parametrize("champion", [[], [channel("champion", "s3://artifacts/models/job-1/model.tar.gz")]])
def test_a_job_gets_its_wheels_and_the_champion_if_there_is_one_as_channels(
    definition: Definitions, champion: list[dict[str, Any]]
):
    found = evaluated(
        train(definition)["InputDataConfig"], {"snapshot": {"uri": "s3://lake/1/"}, "channels": champion}
    )

    assert found[0] == channel("snapshot", "s3://lake/1/")
    assert [each["ChannelName"] for each in found] == [
        "snapshot",
        "code",
        "wheels",
        *(each["ChannelName"] for each in champion),
    ]


def test_instance_and_metrics_of_a_job_are_those_of_its_models_contract(definition: Definitions):
    expression = definition("prod", "Training")["States"]["Models"]["Items"]
    every = expression.rpartition(" : [{")[2].removesuffix(" %}")
    items = {each["model"]: each for each in json.loads(f"[{{{every}")}
    model = items["next_item"]

    assert tuple(items) == contracts.models()
    assert evaluated(train(definition)["ResourceConfig"]["InstanceType"], model) == "ml.m5.xlarge"
    names = [
        each["Name"]
        for each in evaluated(train(definition)["AlgorithmSpecification"]["MetricDefinitions"], model)
    ]
    assert names[:2] == ["mrr_20_all", "mrr_20"]
    assert {"popularity_hit_rate_20", "covisitation_mrr_20_all"} <= set(names)


def test_jobs_that_share_the_search_leave_what_they_find_among_the_training_s_checkpoints(
    definition: Definitions,
):
    search = definition("prod", "Training")["States"]["Models"]["ItemProcessor"]["States"]["Search"]
    request = search["ItemProcessor"]["States"]["Try share"]["Arguments"]
    item = {"model": "purchase_intent", "id": "nightly_1", "share": "2"}

    checkpoints = evaluated(request["CheckpointConfig"]["S3Uri"], item)

    assert evaluated(request["TrainingJobName"], item) == "purchase-intent-nightly-1-share-2"
    assert checkpoints.endswith("/checkpoints/purchase-intent-nightly-1/share-2")
    assert request["HyperParameters"]["share"] == "{% $states.input.share %}"
    assert search["Output"] == "{% $states.input %}"


def test_a_share_that_fails_is_left_to_the_training(definition: Definitions):
    search = definition("prod", "Training")["States"]["Models"]["ItemProcessor"]["States"]["Search"]
    states = search["ItemProcessor"]["States"]

    (catch,) = states["Try share"]["Catch"]

    assert states[catch["Next"]]["Type"] == "Pass" and states[catch["Next"]]["End"] is True


def test_a_job_has_checkpoints_of_its_own(definition: Definitions):
    expression = train(definition)["CheckpointConfig"]["S3Uri"]

    found = evaluated(expression, {"model": "next_item", "id": "nightly-1"})

    assert found.endswith("/checkpoints/next-item-nightly-1")


def train(definition: Definitions) -> dict[str, Any]:
    states = definition("prod", "Training")["States"]["Models"]["ItemProcessor"]["States"]
    request: dict[str, Any] = states["Train"]["Arguments"]
    return request


def evaluated(expression: str, state: dict[str, Any]) -> Any:
    """What Step Functions makes of {% … %} with *state* as its input."""
    jsonata_text = expression.removeprefix("{%").removesuffix("%}").replace("$states.input", "$$")
    return jsonata.Jsonata(jsonata_text).evaluate(state)


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
    found = evaluated(train(definition)["TrainingJobName"], {"model": model, "id": execution})

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
        assert logical_id in training.find_resources(kind, {"DeletionPolicy": "RetainExceptOnCreate"})


def test_production_trains_every_night_and_the_offline_cloud_when_told(template: Templates):
    template("prod", "Training").has_resource_properties(
        "AWS::Events::Rule", {"ScheduleExpression": "cron(0 3 * * ? *)"}
    )

    template("local", "Training").resource_count_is("AWS::Events::Rule", 0)
