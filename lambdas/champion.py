"""
Before a training job: the model that is in use, as one more channel of the job. The pipeline calls it.
"""

from typing import Any

from adapters import registry
from adapters.registry import NoApprovedModel
from domain.training_job import channel


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """
    Args:
        event: group, of the model's packages.

    Returns:
        channels: one for the newest approved model, or none before there is one.
    """
    try:
        package = registry.latest_approved(event["group"])
    except NoApprovedModel:
        return {"channels": []}
    return {"channels": [channel("champion", package.model_data)]}
