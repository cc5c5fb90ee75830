"""The plan of a night, made of what the look has found: what runs, what is to be copied, whether there is room."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from vitam_operators import nights
from vitam_operators.config import Platform
from vitam_operators.engines.chosen import engine_of
from vitam_operators.left_down import ACCEPTED, DOWN_BEFORE
from vitam_operators.mounts import MOUNTS, MOUNTS_BELOW
from vitam_operators.offers import offers_elsewhere
from vitam_operators.parts import config_parts, files_parts, planned_parts, shard_parts
from vitam_operators.wholeness import EVERYTHING, PLATFORM_PARTS
from vitam_operators.window import Window
from vitam_operators.words import size_words

SAME = ("sizes", "free_bytes", "versions", "tools", MOUNTS, MOUNTS_BELOW)
OF_HOSTS = {"units_before": "running", DOWN_BEFORE: "down"} | {name: name for name in SAME}
"""What the plan has of each host, and its name among the facts of the look."""
WARNINGS = "warnings"
"""Of a look: the plan has those of all looks in one place."""
OF_LOOKS = (WARNINGS, nights.ATTEMPT)
"""What the plan says once, for all looks."""
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
    :param asked: ``{"backup", "securing", "note", "copies", "accepted"}``, of the run
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
        ACCEPTED: list(asked[ACCEPTED] or []),
        "copies": copies,
        "parts": list(planned_parts(platform, copies)),
        PLATFORM_PARTS: list(planned_parts(platform, EVERYTHING)),
        "clusters": {
            name: {key: facts[key] for key in facts if key not in OF_LOOKS} for name, facts in clusters.items()
        },
        **{name: {host: facts.get(fact, {}) for host, facts in hosts.items()} for name, fact in OF_HOSTS.items()},
        "methods": methods,
    }


def certain_copies(platform: Platform, clusters: Mapping[str, Facts]) -> dict[str, str]:
    """
    Return the parts of which it is certain on which host they are copied.

    A directory is copied where it is. Of a replica set it is the preferred member, else the one that is the primary
    now: that another one is elected is possible.
    """
    primaries = {name: host for facts in clusters.values() for name, host in facts["primaries"].items() if host}
    sets = (*config_parts(platform), *shard_parts(platform))
    preferred = {part.name: part.replica_set.preferred for part in sets if part.replica_set.preferred}
    return {part.name: part.host for part in files_parts(platform)} | primaries | preferred


def unknown(platform: Platform, hosts: Collection[str], clusters: Collection[str]) -> Iterator[str]:
    """Name what was looked at under a name that the platform file does not have: it was edited during the look."""
    known = {host.name for host in platform.hosts} | {cluster.name for cluster in platform.mongodb}
    for name in (*hosts, *clusters):
        if name not in known:
            yield f"{name} was looked at and is not in the platform file: it was edited meanwhile"


def without_parts(planned: Facts) -> Iterator[str]:
    """Say that nothing is to be copied: the platform would be stopped for nothing."""
    if not planned["parts"]:
        yield (
            f"nothing is to be copied: the run was asked for {planned['copies']}, and copy.file_sets of the platform "
            "file has none on any host; choose other 'copies', or write file_sets"
        )


def without_room(platform: Platform, planned: Facts, clusters: Mapping[str, Facts]) -> Iterator[str]:
    """Name the hosts that cannot hold the copies that are certain to be made on them."""
    certain = certain_copies(platform, clusters)
    for name in sorted(planned["sizes"]):
        yield from _lacking(platform, planned, name, {part for part, host in certain.items() if host == name})


def perhaps_without_room(platform: Platform, planned: Facts, clusters: Mapping[str, Facts]) -> Iterator[str]:
    """Name the hosts that cannot hold all copies that may be made on them, once each of their members is elected."""
    certain = certain_copies(platform, clusters)
    for name, sizes in sorted(planned["sizes"].items()):
        elected = [part for part in sizes if part in planned["parts"] and certain.get(part) != name]
        if elected:
            yield from (
                f"{words} (if its member of {', '.join(elected)} is the one that is copied)"
                for words in _lacking(platform, planned, name, sizes)
            )


def _lacking(platform: Platform, planned: Facts, host: str, wanted: Collection[str]) -> Iterator[str]:
    """Yield one sentence if a host has too little room for some of its parts: all go to the same directory."""
    if not engine_of(platform.copies).needs_room:
        return
    sizes = {n: size for n, size in planned["sizes"][host].items() if n in wanted and n in planned["parts"]}
    free, needed = planned["free_bytes"][host], sum(sizes.values()) * platform.copies.room_factor
    if needed > free:
        each = ", ".join(f"{name} {size_words(size)}" for name, size in sizes.items())
        yield (
            f"{host} has {size_words(free)} free in {platform.copies.directory}, its copies need {size_words(needed)} "
            f"({platform.copies.room_factor} times {each}): free space there, set copy.directory to another disk, or "
            "leave a directory out of copy.file_sets"
        )


def directories(platform: Platform, planned: Facts) -> Iterator[str]:
    """Say which directories are copied and how large they are, how one is left out, and what no directory has."""
    copied = [part for part in files_parts(platform) if part.name in planned["parts"]]
    for part in copied:
        size_bytes = planned["sizes"].get(part.host, {}).get(part.name, 0)
        yield f"{part.name}: {size_words(size_bytes)} in {part.file_set.path}, copied while Vitam is down"
    if copied:
        yield "to leave a directory out, write copy.file_sets into the platform file without it"
    yield from offers_elsewhere(platform)


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
