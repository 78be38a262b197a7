"""
The card of a model version: one page that explains it to whoever must trust it. The job writes it.
"""

from domain.contract import Contract
from domain.evaluation import Evaluation


def page(contract: Contract, evaluation: Evaluation) -> str:
    return f"<title>{contract.model} {evaluation.version}</title>"
