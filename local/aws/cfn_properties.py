"""Properties of CloudFormation resources that ministack takes and drops."""

from collections.abc import Callable
from typing import Any

import botocore.serialize
import botocore.session
from ministack.services import dynamodb, s3
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]


class RefusedProperty(ValueError):
    """A service did not take a property of a template."""


def install() -> None:
    provisioners._S3_BUCKET_CONFIGURATIONS = (
        *provisioners._S3_BUCKET_CONFIGURATIONS,
        ("BucketEncryption", _encryption_xml, _put_encryption, s3._delete_bucket_encryption),
        ("LifecycleConfiguration", _lifecycle_xml, s3._put_bucket_lifecycle, s3._delete_bucket_lifecycle),
    )
    _after("AWS::DynamoDB::Table", _put_table_settings)
    _before("AWS::StepFunctions::StateMachine", _with_api_spelling_of_logging)


def _after(kind: str, settle: Callable[[str, Properties], None]) -> None:
    """Run *settle* with a resource's physical id and properties once ministack has made or changed it."""
    handler = provisioners._RESOURCE_HANDLERS[kind]
    create, update = handler["create"], handler["update"]

    def create_and_settle(logical_id: str, properties: Properties, stack: str) -> Any:
        created = create(logical_id, properties, stack)
        settle(created[0], properties)
        return created

    def update_and_settle(physical_id: str, old: Properties, new: Properties, *rest: str) -> Any:
        updated = update(physical_id, old, new, *rest)
        settle(updated[0], new)
        return updated

    handler.update(create=create_and_settle, update=update_and_settle)


def _before(kind: str, change: Callable[[Properties], Properties]) -> None:
    handler = provisioners._RESOURCE_HANDLERS[kind]
    create, update = handler["create"], handler["update"]
    handler.update(
        create=lambda logical_id, properties, stack: create(logical_id, change(properties), stack),
        update=lambda physical_id, old, new, *rest: update(physical_id, change(old), change(new), *rest),
    )


def _encryption_xml(properties: Properties) -> bytes:
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
            "BucketKeyEnabled": bool(rule.get("BucketKeyEnabled")),
        }
        for rule in properties.get("ServerSideEncryptionConfiguration", [])
    ]
    return _xml("PutBucketEncryption", {"ServerSideEncryptionConfiguration": {"Rules": rules}})


def _put_encryption(bucket: str, body: bytes) -> Any:
    """
    Store a default encryption, unless it is KMS without a key.

    ministack refuses every PutObject then, where AWS takes the key aws/s3; the CDK's staging bucket is such.
    """
    if b"aws:kms" in body and b"KMSMasterKeyID" not in body:
        return None
    return s3._put_bucket_encryption(bucket, body)


def _lifecycle_xml(properties: Properties) -> bytes:
    rules = [_lifecycle_rule(rule) for rule in properties.get("Rules", [])]
    return _xml("PutBucketLifecycleConfiguration", {"LifecycleConfiguration": {"Rules": rules}})


def _lifecycle_rule(rule: Properties) -> Properties:
    """A rule as the API spells it; CloudFormation has its own names for the days."""
    spelled: Properties = {
        "ID": rule.get("Id", "rule"),
        "Status": rule["Status"],
        "Filter": {"Prefix": rule.get("Prefix", "")},
    }
    if transitions := rule.get("Transitions"):
        spelled["Transitions"] = [
            {"Days": int(move["TransitionInDays"]), "StorageClass": move["StorageClass"]}
            for move in transitions
        ]
    if days := rule.get("ExpirationInDays"):
        spelled["Expiration"] = {"Days": int(days)}
    if days := rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays"):
        spelled["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(days)}
    if days := rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation"):
        spelled["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": int(days)}
    return spelled


def _xml(operation: str, parameters: Properties) -> bytes:
    model = botocore.session.get_session().get_service_model("s3")
    serializer = botocore.serialize.create_serializer("rest-xml")
    request = serializer.serialize_to_request(
        {"Bucket": "any", **parameters}, model.operation_model(operation)
    )
    body: bytes = request["body"]
    return body


def _put_table_settings(table: str, properties: Properties) -> None:
    if ttl := properties.get("TimeToLiveSpecification"):
        ttl = {"AttributeName": ttl["AttributeName"], "Enabled": _is_true(ttl["Enabled"])}
        _refuse_errors(dynamodb._update_ttl({"TableName": table, "TimeToLiveSpecification": ttl}))
    if recovery := properties.get("PointInTimeRecoverySpecification"):
        recovery = {"PointInTimeRecoveryEnabled": _is_true(recovery["PointInTimeRecoveryEnabled"])}
        request = {"TableName": table, "PointInTimeRecoverySpecification": recovery}
        _refuse_errors(dynamodb._update_continuous_backups(request))
    if _is_true(properties.get("SSESpecification", {}).get("SSEEnabled")):
        _refuse_errors(dynamodb._update_table({"TableName": table, "SSESpecification": {"Enabled": True}}))


def _with_api_spelling_of_logging(properties: Properties) -> Properties:
    logging = properties.get("LoggingConfiguration")
    return {**properties, "LoggingConfiguration": _uncapitalized(logging)} if logging else properties


def _uncapitalized(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _uncapitalized(item) for key, item in value.items()}
    return [_uncapitalized(item) for item in value] if isinstance(value, list) else value


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"  # templates hold booleans as text as well


def _refuse_errors(answer: Any) -> None:
    if answer and answer[0] >= 400:
        raise RefusedProperty(answer[2])
