"""
A platform file made from a Vitam inventory.

``python -m vitam_operators.inventory INVENTORY > platform.yaml`` asks ``ansible-inventory`` what runs where and prints
the file; warnings go to the standard error and to the file's first lines. Passwords are never read into it.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from vitam_operators import versions
from vitam_operators.ansible_inventory import Inventory, read_inventory
from vitam_operators.config_copies import vitam_file_sets
from vitam_operators.errors import ConfigError
from vitam_operators.inventory_mongodb import ROOT_PATH, root_path
from vitam_operators.inventory_topology import Topology, topology
from vitam_operators.platform_yaml import read_yaml
from vitam_operators.platforms import check_platform

VERSION_KEY = "force_vitam_version"
"""ProgrammeVitam/vitam@7.0.1 deployment/ansible-vitam/roles/vitam/tasks/main.yml:52: the version of the packages."""

VERSION = re.compile(r"(\d+(?:\.\d+)*(?:\.rc\.\d+)?)([-~+*].*)?")
SCHEDULER_GROUP = "hosts_scheduler"
LEFT_OUT = "what it sets beside passwords is not known, and Vitam's own value is taken; see --vault-password-file"


@dataclass(frozen=True)
class Draft:
    """
    A platform file before it is written.

    :param content: what it says
    :param notes: what is good to know, for its first lines
    :param warnings: what a person should look at
    """

    content: dict[str, Any]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def draft(inventory: Inventory, *, name: str | None = None, vitam_version: str | None = None) -> Draft:
    """
    Turn an inventory into the content of a platform file.

    :param inventory: what Ansible said
    :param name: the platform's name; default: ``vitam_site_name``, or the inventory's file name
    :param vitam_version: default: ``force_vitam_version`` of the inventory
    :raises ConfigError: it lacks what a platform needs; the message has a line for each finding
    """
    found = topology(inventory)
    version = vitam_version or _version(inventory)
    errors = [*found.errors, *_version_errors(inventory, version)]
    if version is None or errors:
        lines = "\n".join(f"  {error}" for error in errors)
        raise ConfigError(
            f"no platform file can be made from {inventory.source}:\n{lines}",
            hint="mend the inventory; groups and variables are those of Vitam's deployment/environments",
        )
    warnings = list(found.warnings)
    warnings += [f"{file} is encrypted and was left out: {LEFT_OUT}" for file in inventory.left_out]
    name = _as_name(name or inventory.setting("vitam_site_name") or Path(inventory.source).stem)
    return Draft(_content(found, name, version, root_path(inventory)), found.notes, tuple(warnings))


def _version(inventory: Inventory) -> str | None:
    """Return Vitam's version without the release of its package: 7.0.1 for 7.0.1-1."""
    match = VERSION.fullmatch(inventory.setting(VERSION_KEY) or "")
    return match[1].rstrip(".") if match else None


def _version_errors(inventory: Inventory, version: str | None) -> Iterator[str]:
    if version is None:
        said = inventory.setting(VERSION_KEY)
        found = f"its {VERSION_KEY} is {said}, which is none" if said else f"it has no {VERSION_KEY}"
        yield f"Vitam's version is not known: {found}; give --vitam-version, such as --vitam-version 7.0.1"
    elif versions.profile_of(version).securing_by == versions.BY_QUARTZ and not inventory.group(SCHEDULER_GROUP):
        yield (
            f"no host has scheduler, which secures the logbooks of Vitam {version}: the group {SCHEDULER_GROUP} is "
            "empty or missing; an older Vitam needs --vitam-version"
        )


def _as_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-._") or "vitam"


def _content(found: Topology, name: str, version: str, root: str) -> dict[str, Any]:
    prefix = _connection("vitam", name)
    securing: dict[str, Any] = {"by": versions.profile_of(version).securing_by}
    if securing["by"] == versions.BY_QUARTZ:
        securing["platform_secret_conn_id"] = f"{prefix}_secret"
        if found.minutes:
            securing["minutes"] = list(found.minutes)
    content: dict[str, Any] = {
        "name": name,
        "vitam_version": version,
        "ssh_conn_id": f"{prefix}_ssh",
        "hosts": found.hosts,
        "mongodb": [_with_connections(prefix, cluster) for cluster in found.mongodb],
        "elasticsearch": found.elasticsearch,
        **({"ports": found.ports} if found.ports else {}),
        "securing": securing,
    }
    if not found.primary_site:
        content["primary_site"] = False
    if root != ROOT_PATH:
        file_sets = [one.model_dump(exclude_defaults=True, mode="json") for one in vitam_file_sets(root)]
        content["copy"] = {"directory": f"{root}/backup", "file_sets": file_sets}
    return content


def _with_connections(prefix: str, cluster: dict[str, Any]) -> dict[str, Any]:
    id_ = _connection(prefix, cluster["name"])
    return {
        "name": cluster["name"],
        "admin_conn_id": f"{id_}_admin",
        "localadmin_conn_id": f"{id_}_localadmin",
    } | cluster


def _connection(*words: str) -> str:
    """Join words to a connection id that may also stand in an environment variable's name."""
    return re.sub(r"\W", "_", "_".join(words))


def merged(base: Any, over: Any) -> Any:
    """
    Return content with settings put over it.

    Keys are merged, lists are replaced. A list of named entries can also be changed entry by entry, by their names:
    ``hosts: {app1: {ssh_port: 2222}}``.
    """
    if isinstance(base, dict) and isinstance(over, dict):
        return base | {key: merged(base.get(key), value) for key, value in over.items()}
    if isinstance(base, list) and isinstance(over, dict):
        known = {entry.get("name") for entry in base if isinstance(entry, dict)}
        if unknown := [str(name) for name in over if name not in known]:
            raise ConfigError(
                f"the settings name {', '.join(unknown)}, which the inventory does not have",
                hint=f"names there are {', '.join(map(str, known))}",
            )
        return [merged(entry, over.get(entry.get("name"), {})) for entry in base]
    return over


def as_yaml(draft: Draft, source: str) -> str:
    """Return the platform file's text, with what a person should know in its first lines."""
    head = [
        f"Made from the Ansible inventory {source} by python -m vitam_operators.inventory.",
        "What is not here has its default: config/platform.example.yaml explains every key.",
        f"Airflow needs the connections {', '.join(sorted(_connections(draft.content)))}.",
        *draft.notes,
        *(f"WARNING: {warning}" for warning in draft.warnings),
    ]
    text = yaml.dump(
        draft.content, Dumper=_PlainDumper, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True
    )
    return "".join(f"{_COMMENT.fill(line)}\n" for line in head) + text


_COMMENT = textwrap.TextWrapper(
    118, initial_indent="# ", subsequent_indent="#   ", break_on_hyphens=False, break_long_words=False
)


class _PlainDumper(yaml.SafeDumper):
    """Writes what occurs twice twice: nobody reads ``&id001``."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _connections(content: Any) -> set[str]:
    if isinstance(content, dict):
        own = {value for key, value in content.items() if key.endswith("conn_id") and isinstance(value, str)}
        return own.union(*(_connections(value) for value in content.values()))
    return set().union(*(_connections(entry) for entry in content)) if isinstance(content, list) else set()


def with_settings(made: Draft, settings: Iterable[Any], source: str) -> Draft:
    """
    Return the draft with settings put over it, checked.

    :param settings: contents to put over that of the inventory, one after the other
    :raises ConfigError: the content is wrong, or the settings make it so
    """
    content = made.content
    for over in settings:
        content = merged(content, over)
    check_platform(content, source=f"the platform file made from {source}")
    return replace(made, content=content)


def host_key_settings(keys: dict[str, str]) -> dict[str, Any]:
    """Return settings with the hosts' public keys; a comment behind a key is left out."""
    return {"hosts": {name: {"host_key": " ".join(key.split()[:2])} for name, key in keys.items()}}


def settings_of(options: argparse.Namespace) -> list[Any]:
    """Read the files whose content goes over that of the inventory."""
    settings = []
    if options.settings:
        settings.append(read_yaml(options.settings.read_text(encoding="utf-8")) or {})
    if options.host_keys:
        settings.append(host_key_settings(json.loads(options.host_keys.read_text(encoding="utf-8"))))
    return settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the platform file of an inventory; the exit status is 1 when none can be made."""
    parser = argparse.ArgumentParser("python -m vitam_operators.inventory", description="Make a platform file.")
    parser.add_argument("inventory", type=Path, help="Vitam's Ansible inventory, group_vars and host_vars beside it")
    parser.add_argument("--name", help="the platform's name (default: vitam_site_name)")
    parser.add_argument("--vitam-version", help="such as 7.0.1 (default: the inventory's force_vitam_version)")
    parser.add_argument("--vault-password-file", type=Path, help="without it, encrypted files are left out")
    parser.add_argument("--settings", type=Path, help="YAML of a platform file's keys, put over those of the inventory")
    parser.add_argument("--host-keys", type=Path, help="JSON of the hosts' public keys by the hosts' names")
    options = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # a platform file is UTF-8 in every locale
    try:
        inventory = read_inventory(options.inventory, options.vault_password_file)
        made = draft(inventory, name=options.name, vitam_version=options.vitam_version)
        made = with_settings(made, settings_of(options), inventory.source)
    except (ConfigError, OSError, yaml.YAMLError, json.JSONDecodeError) as error:
        print(error, file=sys.stderr)
        return 1
    for warning in made.warnings:
        print(f"WARNING: {warning}", file=sys.stderr)
    sys.stdout.write(as_yaml(made, inventory.source))
    return 0


if __name__ == "__main__":
    sys.exit(main())
