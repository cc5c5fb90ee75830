"""The plan of a night, made of what the look has found: what runs, what is to be copied, whether there is room."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from vitam_operators import nights
from vitam_operators.config import Platform
from vitam_operators.engines.chosen import engine_of
from vitam_operators.host_units import mongo_parts_of
from vitam_operators.parts import config_parts, planned_parts, shard_parts
from vitam_operators.window import Window
from vitam_operators.words import size_words

EVERYTHING = "everything"
OF_HOSTS = {"units_before": "running"} | {name: name for name in ("sizes", "free_bytes", "versions", "tools")}
"""What the plan has of each host, and its name among the facts of the look."""
Facts = dict[str, Any]


def plan(
    platform: Platform,
    window: Window,
    hosts: Mapping[str, Facts],
    clusters: Mapping[str, Facts],
    asked: Mapping[str, Any],
) -> Facts:
    """
    Return the plan of a night.

    :param hosts: facts of the look at each host
    :param clusters: facts of the look at each MongoDB cluster
    :param asked: ``{"backup", "run_id", "securing", "note", "copies"}``, of the run
    """
    copies = asked["copies"] or EVERYTHING
    methods = {name: facts["methods"] for name, facts in hosts.items() if facts["methods"]}
    return {
        **asked,
        "platform": platform.name,
        "vitam_version": platform.vitam_version,
        "window": window.record(),
        "planned_at": nights.planned_at(),
        "note": asked["note"] or "",
        "copies": copies,
        "parts": list(planned_parts(platform, copies)),
        "clusters": dict(clusters),
        **{name: {host: facts[fact] for host, facts in hosts.items()} for name, fact in OF_HOSTS.items()},
        "methods": methods,
    }


def hosts_that_copy(platform: Platform, hosts: Mapping[str, Facts], clusters: Mapping[str, Facts]) -> set[str]:
    """Return the hosts whose copies are certain: the others hold members that are no primary now."""
    primaries = {host for facts in clusters.values() for host in facts["primaries"].values()}
    sets = [part.replica_set for part in (*config_parts(platform), *shard_parts(platform))]
    preferred = {one.preferred for one in sets if one.preferred}
    return primaries | preferred | {name for name in hosts if not mongo_parts_of(platform, name)}


def without_room(platform: Platform, planned: Facts, names: Collection[str]) -> Iterator[str]:
    """Name those hosts of some that cannot hold the copies that would be made on them."""
    if not engine_of(platform.copies).needs_room:
        return
    for name in sorted(set(names) & set(planned["sizes"])):
        sizes, free = planned["sizes"][name], planned["free_bytes"][name]
        needed = sum(size for part, size in sizes.items() if part in planned["parts"]) * platform.copies.room_factor
        if needed > free:
            yield (
                f"{name} has {size_words(free)} free in {platform.copies.directory}, "
                f"its copies need {size_words(needed)}: free space there, or set copy.directory to another disk"
            )


def lines(planned: Facts) -> Iterator[str]:
    """Say what is planned, as the log has it."""
    yield f"backup {planned['backup']} of {planned['platform']}, Vitam {planned['vitam_version']}"
    window = planned["window"]
    yield f"window {window['start']} to {window['end']}, given up at {window['give_up_at']}"
    for host, units in planned["units_before"].items():
        yield f"{host} runs {len(units)} units: {', '.join(units)}"
    for cluster in planned["clusters"].values():
        yield f"{cluster['cluster']}: balancer {cluster['balancer']}, primaries {cluster['primaries']}"
    for host, methods in planned["methods"].items():
        yield f"{host}: {', '.join(f'{part} {method}' for part, method in methods.items())}"
    yield f"{len(planned['parts'])} parts to copy: {', '.join(planned['parts'])}"
