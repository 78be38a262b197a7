"""cdk-nag's AwsSolutions pack: every finding is either mended or accepted here, with its own reason."""

import json
import re
from pathlib import Path

KEYED = "the caller's write key names the site; it is checked in the function, which no API key could replace"
CDK_GRANT = "a state machine invokes a function by its ARN or one of its versions"
TRACES = "X-Ray and vended log delivery know no resources: their actions take * alone"
NUMBERED = "versions are numbered as they come; the name before the number is fixed"

# (construct path below the stage, finding) → why it is right as it is
ACCEPTED = {
    (r"Ingestion/Lake/Resource", r"S1"): "CloudTrail data events answer who read what; access logs would be read by nobody",
    (r"Training/Artifacts/Resource", r"S1"): "three roles reach it, all of this app; CloudTrail data events answer the rest",
    (r"Ingestion/Api/(POST--events|GET--pixel.gif)/Resource", r"APIG4"): KEYED,
    (r"Ingestion/ServerKey-.*", r"SMG4"): "the shop's server has it too and must be told: changed by hand, the one before stays good meanwhile",
    (r"Serving/Route\w+/Resource", r"APIG4"): KEYED,
    (r"Ingestion/Events/Role/.*", r"IAM5\[Resource::.*/(undelivered/)?events/\*\]"): "Firehose names the files it writes",
    (r"Ingestion/Rejected/Role/.*", r"IAM5\[Resource::.*/(undelivered/)?rejected/\*\]"): "Firehose names the files it writes",
    (r"Serving/Predictions/Role/.*", r"IAM5\[Resource::.*/(undelivered/)?events/\*\]"): "Firehose names the files it writes",
    (r".*/(Events|Rejected|Predictions)/Role/.*", r"IAM5\[Resource::.*:log-stream:\*\]"): "one log group, the stream in it is Firehose's",
    (r"Warehouse/TransformRole/.*", r"IAM5\[Resource::.*/snapshots/\*\]"): "a snapshot's files are named by its id and Snowflake",
    (r"Warehouse/TransformRole/.*", r"IAM5\[Resource::\*\]"): "reading metrics knows no resources",
    (r"Warehouse/(Refresh|Replay)/Role/.*", r"IAM5\[Resource::<(Transform|Platform)\w+\.Arn>:\*\]"): CDK_GRANT,
    (r"Warehouse/(Refresh|Replay)/Role/.*", r"IAM5\[Resource::\*\]"): TRACES,
    (r"Warehouse/StorageRole/.*", r"IAM5\[Resource::.*/snapshots/\*\]"): "Snowflake names the files of an unload",
    (r"Warehouse/StorageRole/.*", r"IAM5\[Resource::.*/(events|rejected)/\*\]"): "Snowflake reads whatever landed in the log",
    (r"Warehouse/BucketNotificationsHandler\w+/Role/Resource", r"IAM4\[.*AWSLambdaBasicExecutionRole\]"): "CDK's own handler, which runs at deploy time only",
    (r"Training/JobRole/.*", r"IAM5\[Resource::.*/snapshots/\*\]"): "each run trains on a snapshot of its own",
    (r"Training/JobRole/.*", r"IAM5\[Resource::.*/(models|checkpoints)/\*\]"): "each job writes below its own name, and reads the champion's",
    (r"Training/JobRole/.*", r"IAM5\[Resource::.*/aws/sagemaker/TrainingJobs\*\]"): "SageMaker names one stream per job and instance",
    (r"Training/JobRole/.*", r"IAM5\[Resource::\*\]"): "a token for AWS's image registry is not tied to a resource",
    (r"Training/RegisterRole/.*", r"IAM5\[Resource::.*/models/\*\]"): "each job writes below its own name",
    (r"Training/(Champion|Register)Role/.*", r"IAM5\[Resource::.*:model-package/.*/\*\]"): NUMBERED,
    (r"Training/Pipeline/Role/.*", r"IAM5\[Resource::.*(Transform|Champion|Register).*:\*\]"): CDK_GRANT,
    (r"Training/Pipeline/Role/.*", r"IAM5\[Resource::.*:training-job/\*\]"): "a job is named after the execution that starts it",
    (r"Training/Pipeline/Role/.*", r"IAM5\[Resource::\*\]"): TRACES,
    (r"Serving/ReleaseRole/.*", r"IAM5\[Resource::.*/(models|layers)/\*\]"): "one object per job, one per release",
    (r"Serving/ReleaseRole/.*", r"IAM5\[Resource::.*/filters/\*\]"): "one object per site",
    (r"Serving/ReleaseRole/.*", r"IAM5\[Resource::.*:(model-package/.*/|layer:.*:)\*\]"): NUMBERED,
    (r"Serving/ReleaseRole/.*", r"IAM5\[Resource::<Predict\w+\.Arn>:\*\]"): NUMBERED,
    (r"Monitoring/WatchRole/.*", r"IAM5\[Resource::.*/layers/\*\.json\]"): "one object per release",
    (r"Serving/ReleaseRole/.*", r"IAM5\[Resource::\*\]"): "reading metrics and alarms knows no resources",
    (r"Serving/ReleaseMachine/Role/.*", r"IAM5\[Resource::<Release\w+\.Arn>:\*\]"): CDK_GRANT,
    (r"Serving/ReleaseMachine/Role/.*", r"IAM5\[Resource::\*\]"): TRACES,
    (r".*Missed/Resource", r"SQS3"): "it is a dead-letter queue: an alarm hears of what lies in it",
    (r"Delivery/DeployRole/.*", r"IAM5\[Resource::.*:role/cdk-hnb659fds-\*\]"): "the bootstrap's roles, among which the CDK CLI chooses",
}  # fmt: skip


def test_every_finding_of_cdk_nag_is_accepted_with_a_reason_and_no_reason_is_left_over(assembly: Path):
    found = set(findings(assembly))

    matches = {finding: [entry for entry in ACCEPTED if accepts(entry, finding)] for finding in found}

    assert [finding for finding, entries in matches.items() if not entries] == []
    assert set(ACCEPTED) - {entry for entries in matches.values() for entry in entries} == set()


def findings(assembly: Path) -> list[tuple[str, str]]:
    report = json.loads((assembly / "validation-report.json").read_text())
    (nag,) = (plugin for plugin in report["pluginReports"] if "AwsSolutions" in plugin["pluginName"])
    return [
        (construct["constructPath"].partition("/")[2], violation["ruleName"].removeprefix("AwsSolutions-"))
        for violation in nag["violations"]
        for construct in violation["violatingConstructs"]
    ]


def accepts(entry: tuple[str, str], finding: tuple[str, str]) -> bool:
    return all(re.fullmatch(pattern, text) for pattern, text in zip(entry, finding, strict=True))
