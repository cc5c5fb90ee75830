"""An Ansible inventory as Ansible itself reads it, with ``group_vars`` and ``host_vars``: plain hosts and groups."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from vitam_operators.ansible_programs import AnsibleConfig, ask, config_of
from vitam_operators.ansible_templates import UnreadError, Variables, is_true
from vitam_operators.errors import ConfigError

VAULT_MARK = b"$ANSIBLE_VAULT;"
VARIABLES_DIRECTORIES = ("group_vars", "host_vars")


@dataclass(frozen=True)
class Inventory:
    """
    What ``ansible-inventory --list`` answered.

    :param source: the inventory's path, for messages
    :param hosts: the variables of each host, not templated
    :param groups: the hosts of each group, those of its children included; names with ``_``, as of Vitam 4 on
    :param left_out: files that were not read because they are encrypted
    :param config: what its ``ansible.cfg`` says; ``None`` where nobody looked for one
    """

    source: str
    hosts: dict[str, dict[str, Any]]
    groups: dict[str, tuple[str, ...]]
    left_out: tuple[str, ...] = ()
    config: AnsibleConfig | None = None

    def group(self, name: str) -> tuple[str, ...]:
        """Return the hosts of a group; none when there is no such group."""
        return self.groups.get(name, ())

    def value(self, host: str, *keys: str) -> Any:
        """
        Return a host's variable, or what is under these keys in it, its templates filled.

        :return: ``None`` when it is not set
        :raises UnreadError: it needs the vault, a lookup or facts of the host
        """
        return self._variables[host].value(*keys)

    def text(self, host: str, *keys: str) -> str | None:
        """
        Return a host's variable as text, such as ``text("app1", "ip_service")``.

        :return: ``None`` when it is not set, empty, or cannot be told (see :mod:`inventory_doubts`, which says so)
        """
        try:
            return _plain(self.value(host, *keys))
        except UnreadError:
            return None

    def setting(self, *keys: str, hosts: Iterable[str] | None = None) -> str | None:
        """
        Return a value that ``group_vars`` set for all hosts, as ``setting("mongodb", "mongod_port")``.

        :param hosts: those for which it counts; default: all
        :return: that of the first of them that has one
        """
        found = (self.text(host, *keys) for host in (self.hosts if hosts is None else hosts))
        return next((text for text in found if text is not None), None)

    def is_true(self, host: str, key: str, *, default: bool = False) -> bool:
        """Read a host's variable as Ansible reads truth."""
        text = self.text(host, key)
        return default if text is None else is_true(text)

    @cached_property
    def _variables(self) -> dict[str, Variables]:
        magic = {"groups": {name: list(members) for name, members in self.groups.items()}, "hostvars": self.hosts}
        return {
            host: Variables(own, magic | {"inventory_hostname": host, "inventory_hostname_short": host.split(".")[0]})
            for host, own in self.hosts.items()
        }


def _plain(value: Any) -> str | None:
    text = str(value) if isinstance(value, str | int | float) else ""
    return text.strip() or None


def read_inventory(path: Path, vault_password_file: Path | None = None) -> Inventory:
    """
    Read an inventory, with the ``ansible.cfg`` that belongs to it.

    Without the vault's password Ansible refuses a whole inventory for one encrypted file. What is encrypted there is
    passwords, which nobody needs here, so these files are left out.

    :param path: the inventory: a file, or a directory of them
    :param vault_password_file: file with the vault's password
    :raises ConfigError: it does not exist, or Ansible cannot read it
    """
    if not path.exists():
        raise ConfigError(f"there is no inventory at {path}", hint="give the path of the file with the hosts_ groups")
    config = config_of(path)
    if vault_password_file:
        password = ("--vault-password-file", str(vault_password_file.resolve()))
        return _from_answer(path, config, ask(path, config, *password))
    encrypted = [file for file in _files(path) if _is_encrypted(file)]
    if path in encrypted:
        raise ConfigError(f"the inventory {path} is encrypted", hint="give --vault-password-file")
    if not encrypted:
        return _from_answer(path, config, ask(path, config))
    with tempfile.TemporaryDirectory(prefix="vitam-inventory-") as directory:
        answer = ask(_without(path, set(encrypted), Path(directory)), config)
    return _from_answer(path, config, answer, tuple(str(file) for file in encrypted))


def _files(path: Path) -> Iterator[Path]:
    """Yield the files that Ansible may read for an inventory: its own, and the variables beside it."""
    if path.is_file():
        yield path
    for top in [path] if path.is_dir() else [path.parent / name for name in VARIABLES_DIRECTORIES]:
        for directory, _, names in os.walk(top, followlinks=True):
            yield from (Path(directory, name) for name in sorted(names))


def _is_encrypted(file: Path) -> bool:
    with contextlib.suppress(OSError), file.open("rb") as stream:
        return stream.read(len(VAULT_MARK)) == VAULT_MARK
    return False


def _without(path: Path, left_out: set[Path], directory: Path) -> Path:
    """Build the inventory again out of links, so that nothing of its content is copied anywhere."""
    base = path if path.is_dir() else path.parent
    for file in _files(path):
        if file not in left_out:
            link = directory / file.relative_to(base)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(file.resolve())
    return directory if path.is_dir() else directory / path.name


def _from_answer(path: Path, config: AnsibleConfig, text: str, left_out: tuple[str, ...] = ()) -> Inventory:
    answer = json.loads(text)
    hosts = dict(answer.get("_meta", {}).get("hostvars", {}))
    groups: dict[str, tuple[str, ...]] = {}
    for name in (name for name in answer if name != "_meta"):
        word = name.replace("-", "_")
        groups[word] = tuple(dict.fromkeys([*groups.get(word, ()), *_members(answer, name)]))
    for name in (name for members in groups.values() for name in members):
        hosts.setdefault(name, {})
    source = os.fsencode(path).decode("utf-8", errors="replace")  # a locale may not know its letters
    return Inventory(source, hosts, {name: members for name, members in groups.items() if members}, left_out, config)


def _members(answer: Any, group: str) -> Iterator[str]:
    entry = answer.get(group, {})
    yield from entry.get("hosts", [])
    for child in entry.get("children", []):
        yield from _members(answer, child)
