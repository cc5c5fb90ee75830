"""The YAML of platform files: what YAML would take in silence for something else is an error, or stays a text."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml

OCTAL = re.compile(r"[-+]?0[0-9_]+")


def read_yaml(text: str) -> Any:
    """
    Read YAML in which no key stands twice: of two, YAML would silently take the second.

    An Ansible template without quotes, ``{{ name }}``, which YAML takes for keys, stays a text.

    :raises yaml.YAMLError: with the line; also for a number that begins with 0, which YAML takes for an octal one
    """
    return yaml.load(text, Loader=_PlainLoader)  # noqa: S506 - a SafeLoader


class _PlainLoader(yaml.SafeLoader):
    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if _is_template(node):
            return str(node.start_mark.buffer)[node.start_mark.pointer : node.end_mark.pointer]
        return super().construct_object(node, deep=deep)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key that is no text", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key.value!r} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        if OCTAL.fullmatch(node.value):
            words = f"{node.value} would be {super().construct_yaml_int(node)}, write it without 0 before it"
            raise yaml.constructor.ConstructorError(None, None, words, node.start_mark)
        return super().construct_yaml_int(node)


_PlainLoader.add_constructor("tag:yaml.org,2002:int", _PlainLoader.construct_yaml_int)


def _is_template(node: yaml.Node) -> bool:
    """Tell whether a node is keys whose only key is keys itself, as YAML reads ``{{ name }}``."""
    keys = [key for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
    return len(keys) == 1 and isinstance(keys[0], yaml.MappingNode)
