"""
Metric math of alarms: arithmetic, comparisons and a few functions over one period's values.

Expressions come from a template, so they are parsed, never evaluated as Python.
Source: "Using math expressions with CloudWatch metrics", CloudWatch user guide (read 2026-11-22).
"""

import ast
import operator
from collections.abc import Callable, Mapping

Value = float | None  # None: no data in the period


class UnknownExpression(ValueError):
    """An expression uses something that is not emulated."""


OPERATORS: Mapping[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.BitXor: operator.pow,  # CloudWatch writes a power as ^
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
AGGREGATES: Mapping[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "MAX": max,
    "MIN": min,
    "AVG": lambda values: sum(values) / len(values),
}


def evaluate(expression: str, values: Mapping[str, Value]) -> Value:
    """
    The expression's value for one period, or None where data it needs is missing or a division is by zero.

    Args:
        values: by the ids that the expression uses.

    Raises:
        UnknownExpression: it uses a name that has no value here, or syntax that is not emulated.
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except SyntaxError as error:
        raise UnknownExpression(f"{expression}: {error.msg}") from error
    return _value(tree.body, values)


def names(expression: str) -> set[str]:
    """The ids that an expression uses."""
    tree = ast.parse(expression.strip(), mode="eval")
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - called


def _value(node: ast.AST, values: Mapping[str, Value]) -> Value:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = _value(operand, values)
            return None if inner is None else -inner
        case ast.BinOp(left=left, op=op, right=right):
            return _combined(op, _value(left, values), _value(right, values))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _combined(op, _value(left, values), _value(right, values))
        case ast.Call(func=ast.Name(id=function), args=arguments):
            return _call(function, arguments, values)
    raise UnknownExpression(f"{ast.unparse(node)} is not emulated")


def _combined(op: ast.AST, left: Value, right: Value) -> Value:
    if type(op) not in OPERATORS:
        raise UnknownExpression(f"{type(op).__name__} is not emulated")
    if left is None or right is None:
        return None
    try:
        return float(OPERATORS[type(op)](left, right))
    except ZeroDivisionError:
        return None  # CloudWatch drops the data point


def _call(function: str, arguments: list[ast.expr], values: Mapping[str, Value]) -> Value:
    match function, arguments:
        case "IF", [condition, then, otherwise]:
            return _value(then if _value(condition, values) else otherwise, values)
        case "FILL", [metric, ast.Constant() | ast.UnaryOp() as filling]:
            found = _value(metric, values)
            return _value(filling, values) if found is None else found
        case _, [ast.List(elts=elements)] if function in AGGREGATES:
            present = [
                found for found in (_value(element, values) for element in elements) if found is not None
            ]
            return float(AGGREGATES[function](present)) if present else None
    raise UnknownExpression(f"{function} with {len(arguments)} arguments is not emulated")
