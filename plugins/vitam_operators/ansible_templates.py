"""
Templates in the variables of an inventory, as far as other variables of it can fill them.

``ansible-inventory`` prints variables as they are written. Jinja, in its sandbox, follows them; what needs a host's
facts, a lookup or the vault stays unread and says so.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import jinja2
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

VAULT_KEY, UNSAFE_KEY = "__ansible_vault", "__ansible_unsafe"
DEEPEST = 30


class UnreadError(ValueError):
    """A value cannot be told; the message says why, to go behind the variable's name."""


class Vaulted(UnreadError):
    """A value, or a part of it, is encrypted and no password was given."""

    def __init__(self) -> None:
        super().__init__("cannot be read without the vault")


class Variables:
    """
    The variables of one host.

    :param own: as ``ansible-inventory`` prints them
    :param magic: what Ansible adds when it fills templates: ``inventory_hostname``, ``groups``, ``hostvars``
    """

    def __init__(self, own: Mapping[str, Any], magic: Mapping[str, Any]) -> None:
        self._values = dict(magic) | dict(own)
        self._jinja = _Jinja(self._values)

    def value(self, *keys: str) -> Any:
        """
        Return a variable, or what is under these keys in it, its templates filled.

        :return: ``None`` when it is not set
        :raises UnreadError: it cannot be told
        """
        found: Any = self._values
        for key in keys:
            found = self._jinja.filled(found)
            found = found.get(key) if isinstance(found, Mapping) else None
        return self._jinja.filled(found)


class _Context(Context):
    """Fills a variable when a template names it, and no sooner."""

    def resolve_or_missing(self, key: str) -> Any:
        found = super().resolve_or_missing(key)
        environment = self.environment
        return environment.filled(found) if isinstance(environment, _Jinja) else found


class _Jinja(SandboxedEnvironment):
    context_class = _Context

    def __init__(self, variables: Mapping[str, Any]) -> None:
        super().__init__(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
        self.filters["bool"] = is_true
        self._variables = variables
        self._depth = 0

    def getitem(self, obj: Any, argument: Any) -> Any:
        return self.filled(super().getitem(obj, argument))

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.filled(super().getattr(obj, attribute))

    def filled(self, value: Any) -> Any:
        """Return a value with its own template filled; what is deeper in it is filled once it is asked for."""
        if isinstance(value, Mapping) and VAULT_KEY in value:
            raise Vaulted
        if isinstance(value, Mapping) and UNSAFE_KEY in value:
            return value[UNSAFE_KEY]
        if not isinstance(value, str) or not any(mark in value for mark in ("{{", "{%")):
            return value
        if self._depth > DEEPEST:
            raise UnreadError("is a template that leads back to itself")
        self._depth += 1
        try:
            return self._render(value)
        except UnreadError:
            raise
        except Exception as error:  # a template is a program: whatever it raises, its value is not known
            raise UnreadError(f"is a template that only a playbook resolves ({error})") from error
        finally:
            self._depth -= 1

    def _render(self, template: str) -> Any:
        expression = template.strip()
        single = expression.startswith("{{") and expression.endswith("}}") and expression.count("{{") == 1
        if single and "{%" not in expression:
            found = self.compile_expression(expression[2:-2].strip("-+ "), undefined_to_none=False)(self._variables)
            if isinstance(found, jinja2.Undefined):
                raise UnreadError(f"is a template that only a playbook resolves ({found._undefined_message})")
            return self.filled(found)
        return _native(self.from_string(template).render(self._variables))


def _native(text: str) -> Any:
    """Read what a template gave as Ansible does: a list or a dictionary where it looks like one."""
    if text.strip()[:1] in ("[", "{"):
        try:
            return ast.literal_eval(text.strip())
        except (ValueError, SyntaxError):
            return text
    return text


def is_true(value: Any) -> bool:
    """Read a value as Ansible reads truth."""
    return str(value).strip().lower() in ("true", "yes", "on", "1", "y", "t")
