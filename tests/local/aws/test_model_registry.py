import json

from tests.local.emulated import arn, eventually


def test_approving_a_model_package_keeps_its_metadata_and_fires_a_rule(aws):
    sagemaker, events, queue = aws.client("sagemaker"), aws.client("events"), aws.inbox("approvals")
    pattern = {"source": ["aws.sagemaker"], "detail": {"ModelApprovalStatus": ["Approved"]}}
    events.put_rule(Name="approved", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="approved", Targets=[{"Id": "queue", "Arn": arn("sqs", "approvals")}])
    sagemaker.create_model_package_group(ModelPackageGroupName="next-item")
    package = sagemaker.create_model_package(
        ModelPackageGroupName="next-item",
        ModelApprovalStatus="PendingManualApproval",
        CustomerMetadataProperties={"snapshot_id": "s-1"},
    )["ModelPackageArn"]

    sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")

    described = sagemaker.describe_model_package(ModelPackageName=package)
    assert described["CustomerMetadataProperties"] == {"snapshot_id": "s-1"}
    [event] = eventually(lambda: aws.received(queue))
    assert event["detail"]["ModelPackageArn"] == package
    assert event["detail-type"] == "SageMaker Model Package State Change"


def test_an_update_of_its_metadata_keeps_a_model_package_approved(aws):
    sagemaker = aws.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="kept")
    package = sagemaker.create_model_package(
        ModelPackageGroupName="kept",
        ModelApprovalStatus="Approved",
        CustomerMetadataProperties={"snapshot_id": "s-1", "seed": "7"},
    )["ModelPackageArn"]

    sagemaker.update_model_package(ModelPackageArn=package, CustomerMetadataProperties={"seed": "8"})

    described = sagemaker.describe_model_package(ModelPackageName=package)
    assert described["ModelApprovalStatus"] == "Approved"
    assert described["CustomerMetadataProperties"] == {"snapshot_id": "s-1", "seed": "8"}
