"""An Ansible inventory as Ansible itself reads it, with ``group_vars`` and ``host_vars``: plain hosts and groups."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitam_operators.errors import ConfigError

VAULT_MARK = b"$ANSIBLE_VAULT;"
VARIABLES_DIRECTORIES = ("group_vars", "host_vars")
SIMPLE_TEMPLATE = re.compile(r"\s*\{\{\s*(\w+)\s*\}\}\s*")
MOST_TEMPLATES = 5
TIMEOUT_S = 120


@dataclass(frozen=True)
class Inventory:
    """
    What ``ansible-inventory --list`` answered.

    :param source: the inventory's path, for messages
    :param hosts: the variables of each host, not templated
    :param groups: the hosts of each group, those of its children included; names with ``_``, as of Vitam 4 on
    :param left_out: files that were not read because they are encrypted
    """

    source: str
    hosts: dict[str, dict[str, Any]]
    groups: dict[str, tuple[str, ...]]
    left_out: tuple[str, ...] = ()

    def group(self, name: str) -> tuple[str, ...]:
        """Return the hosts of a group; none when there is no such group."""
        return self.groups.get(name, ())

    def text(self, host: str, key: str) -> str | None:
        """
        Return a host's variable as text.

        :return: ``None`` when it is not set, empty, encrypted, or a template that is more than a variable's name
        """
        variables = self.hosts[host]
        value = variables.get(key)
        for _ in range(MOST_TEMPLATES):
            template = SIMPLE_TEMPLATE.fullmatch(value) if isinstance(value, str) else None
            value = variables.get(template[1]) if template else value
        return _plain(value)

    def setting(self, *keys: str) -> str | None:
        """Return a value that ``group_vars`` set for all hosts, as ``setting("mongodb", "mongod_port")``."""
        value: Any = next(iter(self.hosts.values()), {})
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return _plain(value)

    def is_true(self, host: str, key: str, *, default: bool = False) -> bool:
        """Read a host's variable as Ansible reads truth."""
        return str(self.hosts[host].get(key, default)).lower() in ("true", "yes", "on", "1")


def _plain(value: Any) -> str | None:
    text = str(value) if isinstance(value, str | int | float) else ""
    return text if text and "{{" not in text else None


def read_inventory(path: Path, vault_password_file: Path | None = None) -> Inventory:
    """
    Read an inventory.

    Without the vault's password Ansible refuses a whole inventory for one encrypted file. What is encrypted there is
    passwords, which nobody needs here, so these files are left out.

    :param path: the inventory: a file, or a directory of them
    :param vault_password_file: file with the vault's password
    :raises ConfigError: it does not exist, or Ansible cannot read it
    """
    if not path.exists():
        raise ConfigError(f"there is no inventory at {path}", hint="give the path of the file with the hosts_ groups")
    if vault_password_file:
        return _from_answer(path, _ask(path, "--vault-password-file", str(vault_password_file.resolve())))
    encrypted = [file for file in _files(path) if _is_encrypted(file)]
    if path in encrypted:
        raise ConfigError(f"the inventory {path} is encrypted", hint="give --vault-password-file")
    if not encrypted:
        return _from_answer(path, _ask(path))
    with tempfile.TemporaryDirectory(prefix="vitam-inventory-") as directory:
        answer = _ask(_without(path, set(encrypted), Path(directory)))
    return _from_answer(path, answer, tuple(str(file) for file in encrypted))


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


def _ask(path: Path, *arguments: str) -> Any:
    command = [_program(), "--inventory", str(path), "--list", *arguments]
    environment = os.environ | {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "False"}
    try:
        answer = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired as error:
        raise ConfigError(
            f"ansible-inventory did not answer within {TIMEOUT_S} s", hint="is the inventory a script that waits?"
        ) from error
    said = " ".join(line.strip() for line in answer.stderr.splitlines() if line.strip())
    if answer.returncode != 0 or "Failed to parse" in said:
        raise ConfigError(
            f"ansible-inventory cannot read {path}: {said[-1000:]}",
            hint="mend the inventory, or give --vault-password-file if a password is asked for",
        )
    return json.loads(answer.stdout)


def _program() -> str:
    """Find ansible-inventory beside this Python first: its environment may not be the shell's."""
    beside = Path(sys.executable).parent / "ansible-inventory"
    found = str(beside) if beside.exists() else shutil.which("ansible-inventory")
    if found is None:
        raise ConfigError(
            "ansible-inventory is not installed, and only Ansible reads its inventories in full",
            hint="install it where this runs: pip install ansible-core (2.19 or older for Python 3.11)",
        )
    return found


def _from_answer(path: Path, answer: Any, left_out: tuple[str, ...] = ()) -> Inventory:
    hosts = dict(answer.get("_meta", {}).get("hostvars", {}))
    names = [name for name in answer if name != "_meta"]
    groups = {name.replace("-", "_"): tuple(dict.fromkeys(_members(answer, name))) for name in names}
    for name in (name for members in groups.values() for name in members):
        hosts.setdefault(name, {})
    return Inventory(str(path), hosts, {name: members for name, members in groups.items() if members}, left_out)


def _members(answer: Any, group: str) -> Iterator[str]:
    entry = answer.get(group, {})
    yield from entry.get("hosts", [])
    for child in entry.get("children", []):
        yield from _members(answer, child)
