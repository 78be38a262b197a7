"""
The models that there are: a folder with a contract is one. Standard library only, so that anyone may ask.
"""

import importlib
from pathlib import Path

from domain.contract import Contract


def models() -> tuple[str, ...]:
    return tuple(sorted(file.parent.name for file in Path(__file__).parent.glob("*/contract.py")))


def of(model: str) -> Contract:
    """
    Raises:
        ModuleNotFoundError: there is no such model.
    """
    contract: Contract = importlib.import_module(f"training.{model}.contract").CONTRACT
    return contract
