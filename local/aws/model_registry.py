"""Model packages as SageMaker keeps them: an update changes what it names, and every change is an event."""

from typing import Any

from moto.sagemaker.models import SageMakerModelBackend

from local.aws import events

EVENT_FIELDS = (
    "ModelPackageArn",
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageStatus",
    "ModelApprovalStatus",
    "ModelPackageDescription",
    "ApprovalDescription",
    "CustomerMetadataProperties",
)


def install() -> None:
    backend = SageMakerModelBackend
    backend.create_model_package = _announcing(backend.create_model_package)
    backend.update_model_package = _announcing(_keeping_what_is_omitted(backend.update_model_package))


def _keeping_what_is_omitted(update: Any) -> Any:
    """moto sets every field that an UpdateModelPackage does not name to nothing; AWS keeps it."""

    def update_model_package(self: Any, *, model_package_arn: str, **wanted: Any) -> Any:
        package = self.model_packages.get(self.model_package_name_mapping.get(model_package_arn))
        if package is not None:
            for kept in ("model_approval_status", "approval_description"):
                wanted[kept] = wanted[kept] or getattr(package, kept)
            properties = (package.customer_metadata_properties, wanted["customer_metadata_properties"])
            wanted["customer_metadata_properties"] = {
                key: each[key] for each in properties if each for key in each
            }
        return update(self, model_package_arn=model_package_arn, **wanted)

    return update_model_package


def _announcing(change: Any) -> Any:
    """Emit the event that AWS emits when a package is made or its approval changes."""

    def changed(self: Any, **wanted: Any) -> Any:
        known = self.model_packages.get(wanted.get("model_package_arn"))
        approval = known.model_approval_status if known else None
        arn = change(self, **wanted)
        package = self.model_packages[arn]
        if known is None or package.model_approval_status != approval:
            _announce(package.gen_response_object())
        return arn

    return changed


def _announce(package: dict[str, Any]) -> None:
    events.publish(
        source="aws.sagemaker",
        detail_type="SageMaker Model Package State Change",
        detail={field: package[field] for field in EVENT_FIELDS if field in package},
        resources=[package["ModelPackageArn"]],
    )
