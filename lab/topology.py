"""The lab's platforms, read from the inventories in lab/inventories: the one place that says who runs what."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from lab import variants
from lab.components import BY_NAME, CONFIG_SET, ELASTICSEARCH, MONGO_PORTS, component_of_group

Variables = dict[str, str]


@dataclass(frozen=True)
class Host:
    """One container of the lab."""

    name: str
    address: str
    components: tuple[str, ...]
    mongo: tuple[str, ...]

    @property
    def container(self) -> str:
        """Return the container's name."""
        return f"vitam-lab-{self.name}"


@dataclass
class Cluster:
    """A sharded MongoDB cluster; members are listed with the one that initiates its set first."""

    name: str
    mongos: list[str] = field(default_factory=list)
    config: list[str] = field(default_factory=list)
    shards: dict[str, list[str]] = field(default_factory=dict)

    def members(self, set_name: str) -> list[str]:
        """Return the hosts of a replica set."""
        return self.config if set_name == CONFIG_SET else self.shards[set_name]

    @property
    def sets(self) -> list[str]:
        """Return the names of the replica sets, shards first."""
        return [*sorted(self.shards), CONFIG_SET]


@dataclass(frozen=True)
class Platform:
    """A lab platform: its hosts, its clusters and the Vitam version that it behaves as."""

    name: str
    version: str
    hosts: dict[str, Host]
    clusters: dict[str, Cluster]

    @property
    def timers(self) -> bool:
        """Tell whether securing runs from systemd timers (Vitam <= 5) rather than from the scheduler."""
        return not any("scheduler" in host.components for host in self.hosts.values())


class Inventory:
    """
    The part of Ansible's INI inventory format that Vitam uses.

    It knows groups, children, variables of groups and of hosts. It does not know ranges, YAML values, group_vars
    files or the precedence between groups: the package's own reader asks ansible-inventory for these.
    """

    def __init__(self, text: str) -> None:
        self.hosts: dict[str, Variables] = {}
        self.groups: dict[str, list[str]] = defaultdict(list)
        self.children: dict[str, list[str]] = defaultdict(list)
        self.variables: dict[str, Variables] = defaultdict(dict)
        section, kind = "", ""
        for line in (raw.split("#", 1)[0].strip() for raw in text.splitlines()):
            if line.startswith("["):
                section, _, kind = line.strip("[]").partition(":")
                self.groups.setdefault(section, [])
            elif line:
                self._take(section, kind, line)

    def _take(self, section: str, kind: str, line: str) -> None:
        if kind == "children":
            self.children[section].append(line)
        elif kind == "vars":
            key, _, value = line.partition("=")
            self.variables[section][key.strip()] = value.strip()
        else:
            name, *pairs = line.split()
            self.groups[section].append(name)
            self.hosts.setdefault(name, {}).update(dict(pair.split("=", 1) for pair in pairs))

    def members(self, group: str) -> list[str]:
        """Return the hosts of a group and of its children."""
        found = list(self.groups.get(group, []))
        for child in self.children.get(group, []):
            found += self.members(child)
        return list(dict.fromkeys(found))

    def variable(self, host: str, key: str) -> str | None:
        """Return a variable of a host: its own, else the one of a group that holds it."""
        if key in self.hosts[host]:
            return self.hosts[host][key]
        holding = (g for g, variables in self.variables.items() if key in variables and host in self.members(g))
        return next((self.variables[group][key] for group in holding), None)


def load_platform(name: str) -> Platform:
    """
    Read a platform from its inventory.

    :param name: medium, allinone, or a twin of one.
    :raises UnknownPlatform: when there is no such platform, or it cannot be the Vitam that LAB_VITAM names.
    """
    inventory = Inventory(variants.inventory_text(name))
    hosts = {host: _host(inventory, host) for host in inventory.hosts}
    version = inventory.variables["hosts"]["force_vitam_version"]
    return Platform(name, version, hosts, _clusters(inventory))


def _host(inventory: Inventory, name: str) -> Host:
    placed = {component_of_group(group) for group, hosts in inventory.groups.items() if name in hosts}
    components = tuple(c for c in (*BY_NAME, ELASTICSEARCH) if c in placed)
    mongo = tuple(role for role in MONGO_PORTS if any(name in inventory.members(g) for g in _mongo_groups(role)))
    return Host(name, inventory.hosts[name]["ansible_host"], components, mongo)


def _mongo_groups(role: str) -> tuple[str, str]:
    return f"hosts_{role}_data", f"hosts_{role}_offer"


def _clusters(inventory: Inventory) -> dict[str, Cluster]:
    clusters: dict[str, Cluster] = {}
    for role in MONGO_PORTS:
        for host in dict.fromkeys(h for group in _mongo_groups(role) for h in inventory.members(group)):
            name = inventory.variable(host, "mongo_cluster_name") or "mongo-data"
            cluster = clusters.setdefault(name, Cluster(name))
            members = _members_of_role(cluster, role, inventory.variable(host, "mongo_shard_id"))
            first = inventory.variable(host, "mongo_rs_bootstrap") == "true"
            members.insert(0 if first else len(members), host)
    return clusters


def _members_of_role(cluster: Cluster, role: str, shard_id: str | None) -> list[str]:
    if role == "mongod":
        return cluster.shards.setdefault(f"shard{shard_id}", [])
    return cluster.mongos if role == "mongos" else cluster.config
