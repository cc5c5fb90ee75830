"""MongoDB's filters, as far as the package uses them: what a mongod would find, not what a test thinks it finds."""

from __future__ import annotations

import re
from typing import Any

Document = dict[str, Any]


def matches(document: Document, condition: Document) -> bool:
    """
    Tell whether ``find`` would return a document.

    Left out: arrays on the way of a dotted name, and all operators that are not here (a ``KeyError`` names them).
    """
    return all(
        any(matches(document, one) for one in expected) if name == "$or" else _fits(_value(document, name), expected)
        for name, expected in condition.items()
    )


def _value(document: Any, name: str) -> Any:
    for key in name.split("."):
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _fits(value: Any, expected: Any) -> bool:
    if not isinstance(expected, dict):
        return bool(value == expected)
    return all(_OPERATORS[operator](value, operand) for operator, operand in expected.items())


_OPERATORS: dict[str, Any] = {
    "$gt": lambda value, operand: value is not None and value > operand,
    "$lt": lambda value, operand: value is not None and value < operand,
    "$lte": lambda value, operand: value is not None and value <= operand,
    "$ne": lambda value, operand: value != operand,
    "$regex": lambda value, operand: isinstance(value, str) and re.search(operand, value) is not None,
    "$not": lambda value, operand: not _fits(value, operand),
    "$elemMatch": lambda value, operand: isinstance(value, list) and any(matches(one, operand) for one in value),
}
