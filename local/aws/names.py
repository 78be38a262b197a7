"""
What this package replaces or calls inside ministack and moto, most of it private: checked before a start.

A new release of either may rename any of it. Then the start fails here, by name, and not later by a
state machine that waits for ever.
"""

import importlib
from collections.abc import Mapping, Sequence
from importlib.metadata import version

PINNED = {"ministack": "1.5.33", "moto": "5.2.5"}

NAMES: Mapping[str, Sequence[str]] = {
    "ministack.app": ("SERVICE_HANDLERS", "_reset_all_state", "main"),
    "ministack.core.iam_actions": ("_lambda_action",),
    "ministack.core.iam_evaluator": ("_resolve_condition_key",),
    "ministack.core.lambda_runtime": (
        "Worker._drain_stderr_bounded",
        "_PYTHON_WORKER_SCRIPT",
        "execution_credentials",
    ),
    "ministack.core.responses": ("error_response_json", "get_account_id", "get_region"),
    "ministack.services.budgets": ("_budgets", "_create_budget"),
    "ministack.services.cloudformation.provisioners": (
        "_RESOURCE_HANDLERS",
        "_S3_BUCKET_CONFIGURATIONS",
        "_cw_metric_alarm_record",
        "_physical_name",
    ),
    "ministack.services.cloudwatch": (
        "_alarms",
        "_calc_stats",
        "_composite_alarms",
        "_dims_key",
        "_dispatch_alarm_actions",
        "_evaluate_alarm",
        "_evaluate_parent_alarms",
        "_evict_old_metrics",
        "_metrics",
        "_put_composite_alarm",
        "_record_history",
        "_stat_value",
        "_store_datum",
        "record_metric",
    ),
    "ministack.services.cloudwatch_logs": (
        "_compile_filter_pattern",
        "_create_log_group",
        "_create_log_stream",
        "_fanout_to_subscription_filters",
        "_log_groups",
        "_put_log_events",
        "_put_subscription_filter",
        "_subscription_pattern_matches",
    ),
    "ministack.services.dynamodb": ("_update_continuous_backups", "_update_table", "_update_ttl"),
    "ministack.services.eventbridge": ("_put_events",),
    "ministack.services.firehose": (
        "_deliver_records_to_s3",
        "_evaluate_prefix",
        "_put_s3_object",
        "_s3_bucket_from_arn",
        "_streams",
    ),
    "ministack.services.iam": ("_now", "_oidc_providers"),
    "ministack.services.lambda_svc": (
        "_emit_lambda_metrics",
        "_execute_function_dispatch",
        "_execute_function_warm",
        "_functions",
        "_get_func_record_for_ref",
        "_invoke",
        "_qp_first",
        "_resolve_name_and_qualifier",
        "lambda_execute_result_to_api_proxy_response",
    ),
    "ministack.services.s3": (
        "_delete_bucket_encryption",
        "_delete_bucket_lifecycle",
        "_put_bucket_encryption",
        "_put_bucket_lifecycle",
    ),
    "ministack.services.stepfunctions": (
        "_SERVICE_DISPATCH",
        "_ExecutionError",
        "_emit_execution_status_event",
    ),
    "moto.core.request": ("Request.from_primitives",),
    "moto.core.responses": ("BaseResponse.dispatch",),
    "moto.sagemaker.models": (
        "SageMakerModelBackend.create_model_package",
        "SageMakerModelBackend.update_model_package",
        "sagemaker_backends",
    ),
    "moto.sagemaker.responses": ("SageMakerResponse",),
}


class WrongVersion(RuntimeError):
    """Another release is installed than the one whose private names are patched."""


class MissingName(AttributeError):
    """A name that this package patches or calls is gone."""


def check() -> None:
    for package, pinned in PINNED.items():
        if version(package) != pinned:
            raise WrongVersion(
                f"{package} {version(package)} is installed, the offline cloud is written for {pinned}: "
                "install requirements.txt again"
            )
    for module, names in NAMES.items():
        for name in names:
            check_name(module, name)


def check_name(module: str, name: str) -> None:
    holder = importlib.import_module(module)
    for part in name.split("."):
        if not hasattr(holder, part):
            raise MissingName(f"{module}.{name} is gone: local/aws patches or calls it")
        holder = getattr(holder, part)
