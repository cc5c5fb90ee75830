"""The state of a whole lab platform: what each host says of itself, put together and judged."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from lab.components import CONFIG_SET
from lab.containers import LabError, execute
from lab.topology import Host, Platform


@dataclass
class PlatformState:
    """What is known of a platform; ``faults`` is empty when all is as it should be."""

    hosts: dict[str, dict[str, Any]]
    primaries: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def read_state(platform: Platform, wait_s: float = 0) -> PlatformState:
    """
    Ask all hosts side by side and judge the answers.

    :param wait_s: each host answers as soon as it is healthy, at the latest after this time.
    """
    with ThreadPoolExecutor(len(platform.hosts)) as pool:
        found = pool.map(lambda host: _ask(host, wait_s), platform.hosts.values())
    state = PlatformState(dict(zip(platform.hosts, found, strict=True)))
    for name, host in state.hosts.items():
        state.faults += [f"{name}: {fault}" for fault in host["faults"]]
    _judge_sets(platform, state)
    _judge_shards(platform, state)
    return state


def _ask(host: Host, wait_s: float) -> dict[str, Any]:
    try:
        text = execute(host.container, "python3", "-m", "lab.host.probe", "--wait", str(wait_s), timeout_s=wait_s + 60)
    except LabError as error:
        return {"units": {}, "health": {}, "members": [], "balancers": [], "faults": [str(error).splitlines()[0]]}
    found: dict[str, Any] = json.loads(text)
    return found


def _judge_sets(platform: Platform, state: PlatformState) -> None:
    """Each set has exactly one primary."""
    for cluster in platform.clusters.values():
        for set_name in cluster.sets:
            wanted = {"cluster": cluster.name, "set": set_name, "state": "primary"}
            primaries = [h for h, found in state.hosts.items() for m in found["members"] if wanted.items() <= m.items()]
            state.primaries[cluster.name, set_name] = primaries
            if len(primaries) != 1:
                state.faults.append(
                    f"{cluster.name}/{set_name} has {len(primaries)} primaries, 1 is needed: {primaries}"
                )


def _judge_shards(platform: Platform, state: PlatformState) -> None:
    """Each router knows the shards of the inventory."""
    for host, found in state.hosts.items():
        for balancer in found["balancers"]:
            wanted = sorted(platform.clusters[balancer["cluster"]].shards)
            if sorted(balancer.get("shards", wanted)) != wanted:
                state.faults.append(
                    f"{host}: config.shards of {balancer['cluster']} is {balancer['shards']}, not {wanted}"
                )


def lines(platform: Platform, state: PlatformState) -> list[str]:
    """Return the state as text: hosts with their units, sets with their primaries, balancers, workflows, verdict."""
    text = [f"platform {platform.name} (Vitam {platform.version})", "", "hosts"]
    text += [_host_line(platform.hosts[name], found) for name, found in state.hosts.items()]
    text += ["", "replica sets"]
    for (cluster, set_name), primaries in state.primaries.items():
        members = Counter(
            m["state"]
            for h in state.hosts.values()
            for m in h["members"]
            if (m["cluster"], m["set"]) == (cluster, set_name)
        )
        told = ", ".join(f"{count} {name}" for name, count in sorted(members.items()))
        kind = "mongoc" if set_name == CONFIG_SET else "mongod"
        text.append(f"  {cluster + '/' + set_name:<24} {kind}  primary {', '.join(primaries) or 'none':<10} ({told})")
    text += ["", "balancers", *sorted({_balancer_line(b) for h in state.hosts.values() for b in h["balancers"]})]
    text += ["", "workflows"]
    text += [f"  {k} {v}" for h in state.hosts.values() for k, v in sorted(h.get("workflows", {}).items())]
    return [*text, "", "all is healthy" if not state.faults else "faults", *(f"  {fault}" for fault in state.faults)]


def _host_line(host: Host, found: dict[str, Any]) -> str:
    states = Counter(unit["ActiveState"] for unit in found["units"].values())
    told = ", ".join(f"{count} {name}" for name, count in sorted(states.items()))
    names = " ".join(n.removeprefix("vitam-").removesuffix(".service") for n in found["units"])
    return f"  {host.name:<9} {host.address:<14} {told or 'does not answer':<12} {names}"


def _balancer_line(balancer: dict[str, Any]) -> str:
    return f"  {balancer['cluster']:<24} mode {balancer['mode']}, in a round: {balancer.get('in_round', 'unknown')}"
