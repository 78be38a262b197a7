"""
SageMaker's model registry: versions of a model in a package group, their metrics, lineage and approval.

Every update sends status and metadata together: the offline cloud forgets whichever is left out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

import boto3

from domain.training_job import IMAGES

LOOK_BACK = 20  # a job that is registered twice was registered a moment ago
PENDING, APPROVED, REJECTED = "PendingManualApproval", "Approved", "Rejected"

# What SageMaker takes as a metadata value (API reference, CustomerMetadataMap, 2026-11): no comma or bracket.
MAX_VALUE_CHARACTERS = 256
FORBIDDEN = re.compile(r"[^\w .:/=+\-@]")


@dataclass(frozen=True, kw_only=True)
class Package:
    arn: str
    version: int
    status: str
    model_data: str  # s3:// of model.tar.gz
    metadata: Mapping[str, str]

    @property
    def model(self) -> str:
        return self.metadata["model"]

    @property
    def job(self) -> str:
        return self.metadata["job"]

    @property
    def digest(self) -> str:
        return self.metadata["digest"]


class NoApprovedModel(LookupError):
    """A package group has no version that may go live."""


@cache
def _client() -> Any:
    return boto3.client("sagemaker")


def register(group: str, *, model_data: str, metadata: Mapping[str, str]) -> Package:
    """
    The package of the job that *metadata* names: made now, to be approved, or found if it was made before.

    Args:
        metadata: at least model, job and digest.
    """
    for package in islice(_packages(group), LOOK_BACK):
        if package.metadata.get("job") == metadata["job"]:
            return package
    created = _client().create_model_package(
        ModelPackageGroupName=group,
        ModelApprovalStatus=PENDING,
        InferenceSpecification=_inference(model_data),
        CustomerMetadataProperties={name: _value(text) for name, text in metadata.items()},
    )
    return describe(created["ModelPackageArn"])


def approve(package: Package) -> Package:
    return _decide(package, status=APPROVED, note="passed its gates")


def reject(package: Package, *, reason: str) -> Package:
    return _decide(package, status=REJECTED, note=reason)


def describe(arn: str) -> Package:
    found = _client().describe_model_package(ModelPackageName=arn)
    return Package(
        arn=found["ModelPackageArn"],
        version=found["ModelPackageVersion"],
        status=found["ModelApprovalStatus"],
        model_data=found["InferenceSpecification"]["Containers"][0]["ModelDataUrl"],
        metadata=found.get("CustomerMetadataProperties", {}),  # one made by hand has none,
    )


def latest_approved(group: str, *, besides_job: str = "") -> Package:
    """
    Args:
        besides_job: a job whose own package does not count.

    Raises:
        NoApprovedModel: none was approved yet.
    """
    for package in _packages(group, ModelApprovalStatus=APPROVED):
        if package.metadata.get("job") != besides_job:
            return package
    raise NoApprovedModel(group)


def versions(group: str) -> list[Package]:
    """Every one that a job has made, the newest first; one made by hand tells nothing."""
    return [package for package in _packages(group) if "job" in package.metadata]


def delete_versions(group: str) -> None:
    """Delete every package of *group*; SageMaker deletes no group that has any."""
    for package in list(_packages(group)):
        _client().delete_model_package(ModelPackageName=package.arn)


def _packages(group: str, **only: str) -> Iterator[Package]:
    """Newest first."""
    pages = (
        _client()
        .get_paginator("list_model_packages")
        .paginate(ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending", **only)
    )
    for page in pages:
        for summary in page["ModelPackageSummaryList"]:
            yield describe(summary["ModelPackageArn"])


def _decide(package: Package, *, status: str, note: str) -> Package:
    _client().update_model_package(
        ModelPackageArn=package.arn,
        ModelApprovalStatus=status,
        ApprovalDescription=note[:1024],
        CustomerMetadataProperties={**package.metadata, "reasons": _value(note)},
    )
    return describe(package.arn)


def _inference(model_data: str) -> dict[str, Any]:
    """SageMaker asks for an image that could serve; the one that trained is named, Lambda serves."""
    image = IMAGES[_client().meta.region_name]
    return {
        "Containers": [{"Image": image, "ModelDataUrl": model_data}],
        "SupportedContentTypes": ["application/json"],
        "SupportedResponseMIMETypes": ["application/json"],
    }


def _value(text: str) -> str:
    return FORBIDDEN.sub(" ", text)[:MAX_VALUE_CHARACTERS]
