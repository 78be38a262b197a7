"""IAM enforcement on a loopback endpoint."""

from typing import Any

from ministack.core import iam_actions, iam_evaluator

# (last fixed part of the path, whether a name follows it, method) → action; ministack knows fewer than AWS
LAMBDA_ACTIONS = {
    ("versions", False, "GET"): "ListLayerVersions",
    ("versions", True, "GET"): "GetLayerVersion",
    ("versions", True, "DELETE"): "DeleteLayerVersion",
    ("aliases", True, "GET"): "GetAlias",
    ("aliases", True, "PUT"): "UpdateAlias",
    ("aliases", True, "DELETE"): "DeleteAlias",
}


def install() -> None:
    """
    Let loopback count as TLS, and name Lambda's actions and what they are done to as AWS does.

    Nothing travels over a wire here, and every bucket of the stacks denies requests without TLS, the
    CDK's own staging bucket first.
    """
    resolve, lambda_action = iam_evaluator._resolve_condition_key, iam_actions._lambda_action
    resource_arn = iam_actions.extract_resource_arn

    def resolve_condition_key(key: str, context: Any) -> Any:
        return "true" if key.lower() == "aws:securetransport" else resolve(key, context)

    def named_action(method: str, path: str) -> str | None:
        return action_of(method, path) or lambda_action(method, path)

    def qualified_arn(
        service: str, method: str, path: str, headers: Any, body: Any, query: dict[str, Any], *where: str
    ) -> str:
        """Who invokes an alias or a version needs to be let to it, and not to the function."""
        arn: str = resource_arn(service, method, path, headers, body, query, *where)
        qualifier = query.get("Qualifier") if path.endswith("/invocations") else None
        return f"{arn}:{''.join(qualifier)}" if service == "lambda" and qualifier else arn

    iam_actions.extract_resource_arn = qualified_arn
    iam_evaluator._resolve_condition_key = resolve_condition_key
    iam_actions._lambda_action = named_action


def action_of(method: str, path: str) -> str | None:
    """The action of a request for an alias or a layer's version; None for any other."""
    match [part for part in path.split("/") if part][1:]:
        case ["layers", _, "versions" as kind, *rest] | ["functions", _, "aliases" as kind, *rest]:
            return LAMBDA_ACTIONS.get((kind, bool(rest), method))
    return None
