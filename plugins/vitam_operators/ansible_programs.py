"""
How ``ansible-inventory`` is run, so that an inventory is read in the same way by everybody and from everywhere.

Of the ``ansible.cfg`` that belongs to an inventory only what changes its hosts and values is kept; passwords that are
asked for, callbacks and whatever else is for a person who runs playbooks is left out, as is Ansible's environment.

Sources: Ansible's documentation, "Ansible Configuration Settings"; ProgrammeVitam/vitam@7.0.1 deployment/ansible.cfg:4.
"""

from __future__ import annotations

import configparser
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from vitam_operators.errors import ConfigError

CONFIG_NAME = "ansible.cfg"
MERGE = "merge"
TIMEOUT_S = 120

KEPT_DEFAULTS = (
    "hash_behaviour",
    "precedence",
    "force_valid_group_names",
    "yaml_valid_extensions",
    "inventory_ignore_extensions",
    "inventory_ignore_patterns",
    "vars_plugins_enabled",
    "run_vars_plugins",
)
KEPT_PATHS = ("inventory_plugins", "vars_plugins", "collections_path", "collections_paths")
"""Lists of directories, relative to the file in which they stand."""
INVENTORY_SECTION = "inventory"


@dataclass(frozen=True)
class AnsibleConfig:
    """
    What an inventory's ``ansible.cfg`` says about reading it.

    :param path: the file; ``None`` when there is none above the inventory
    :param text: a file with what is kept of it
    :param says_how_to_merge: whether it sets ``hash_behaviour``
    :param remote_port: port of sshd for all hosts, where the file sets one
    """

    path: Path | None
    text: str
    says_how_to_merge: bool
    remote_port: str | None = None


def config_of(inventory: Path) -> AnsibleConfig:
    """
    Read the nearest ``ansible.cfg`` above an inventory.

    Dictionaries are merged, as in Vitam's own, unless it says otherwise.

    :raises ConfigError: the file is none that Ansible could read
    """
    directory = (inventory if inventory.is_dir() else inventory.parent).resolve()
    path = next((d / CONFIG_NAME for d in (directory, *directory.parents) if (d / CONFIG_NAME).is_file()), None)
    found = configparser.ConfigParser(inline_comment_prefixes=(";",), interpolation=None)
    try:
        if path:
            found.read_string(path.read_text(encoding="utf-8", errors="surrogateescape"))
    except configparser.Error as error:
        raise ConfigError(
            f"{path}, which belongs to the inventory, is not a configuration of Ansible: {error}", hint="mend that file"
        ) from error
    given = dict(found["defaults"]) if found.has_section("defaults") else {}
    defaults = {"hash_behaviour": MERGE} | {key: given[key] for key in KEPT_DEFAULTS if key in given}
    defaults |= {key: _absolute(given[key], path) for key in KEPT_PATHS if key in given and path}
    kept = configparser.ConfigParser(interpolation=None)
    kept["defaults"] = defaults
    if found.has_section(INVENTORY_SECTION):
        kept[INVENTORY_SECTION] = dict(found[INVENTORY_SECTION])
    text = io.StringIO()
    kept.write(text)
    return AnsibleConfig(path, text.getvalue(), "hash_behaviour" in given, given.get("remote_port"))


def _absolute(directories: str, config: Path) -> str:
    here = config.parent
    return os.pathsep.join(str(here / Path(part.strip()).expanduser()) for part in directories.split(os.pathsep))


def environment(config: Path, temporary: Path) -> dict[str, str]:
    """Return the environment of Ansible's programs: nothing of a person's settings, UTF-8 whatever the locale."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "LC_", "LANG"))}
    return own | {
        "ANSIBLE_CONFIG": str(config),
        "ANSIBLE_LOCAL_TEMP": str(temporary),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_DEPRECATION_WARNINGS": "False",
        "LC_ALL": "C.UTF-8",
    }


def ask(inventory: Path, config: AnsibleConfig, *arguments: str) -> str:
    """
    Return what ``ansible-inventory --list`` prints.

    :raises ConfigError: it is not there, does not answer in time, or cannot read the inventory
    """
    with tempfile.TemporaryDirectory(prefix="vitam-ansible-") as name:
        own, temporary = Path(name, CONFIG_NAME), Path(name, "tmp")
        own.write_text(config.text, encoding="utf-8", errors="surrogateescape")
        command = [program(), "--inventory", str(inventory.absolute()), "--list", *arguments]
        answer = run(command, environment(own, temporary), Path(name))
    said = " ".join(line.strip() for line in answer.stderr.splitlines() if line.strip())
    if answer.returncode != 0 or "Failed to parse" in said:
        raise ConfigError(
            f"ansible-inventory cannot read {inventory}: {_reason(said)}",
            hint="mend the inventory, or give --vault-password-file if a password is asked for",
        )
    return answer.stdout


def run(command: list[str], variables: dict[str, str], directory: Path) -> subprocess.CompletedProcess[str]:
    """
    Run a program of Ansible in a directory that has nothing which it might read.

    :raises ConfigError: it does not answer within 120 s
    """
    try:
        return subprocess.run(
            command,
            env=variables,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ConfigError(
            f"ansible-inventory did not answer within {TIMEOUT_S} s", hint="is the inventory a script that waits?"
        ) from error


def program() -> str:
    """
    Find ansible-inventory beside this Python first: its environment may not be the shell's.

    :raises ConfigError: it is not installed
    """
    beside = Path(sys.executable).parent / "ansible-inventory"
    found = str(beside) if beside.exists() else shutil.which("ansible-inventory")
    if found is None:
        raise ConfigError(
            "ansible-inventory is not installed, and only Ansible reads its inventories in full",
            hint="install it where this runs: pip install ansible-core (2.19 or older for Python 3.11)",
        )
    return found


def _reason(said: str) -> str:
    """Return the one sentence that counts, where Ansible says it: it repeats it for each of its plugins."""
    section = re.search(r"Section \[\S+\] includes undefined group '[^']+'", said)
    return f"{section[0]}; define it, empty if nothing runs there" if section else said[-1000:]
