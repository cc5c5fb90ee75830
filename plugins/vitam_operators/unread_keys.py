"""What a platform file sets and nobody reads, as another key chose another way: a wish that is granted to nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from vitam_operators import versions
from vitam_operators.config import Platform
from vitam_operators.host_units import units_of


def findings(platform: Platform) -> Iterator[str]:
    """
    Yield a line for each key that does nothing beside the others.

    What is written as its default is none of them: it asks for nothing.
    """
    yield from _securing(platform)
    yield from _copies(platform)
    yield from _secondary(platform)
    yield from _bound(platform)
    if not any(cluster.snapshot_repository for cluster in platform.elasticsearch):
        why = "no cluster of elasticsearch has a snapshot_repository, no snapshot is asked for"
        yield from _set("timeouts", platform.timeouts, ("elasticsearch_snapshot_s",), why)


def _securing(platform: Platform) -> Iterator[str]:
    if platform.securing.by == versions.BY_QUARTZ:
        keys: tuple[str, ...] = ("timers", "other_timers")
    else:
        keys = ("minutes", "settle_s", "platform_secret_conn_id")
    yield from _set("securing", platform.securing, keys, f"securing.by is {platform.securing.by!r}")


def _copies(platform: Platform) -> Iterator[str]:
    """``compression`` is read with restic, too: by it archives that tar made before are found."""
    copies, zstd = platform.copies, ("level", "threads")
    if copies.engine != "tar":
        yield from _set("copy", copies, zstd, f"copy.engine is {copies.engine!r}, which compresses by itself")
    elif copies.compression == "none":
        yield from _set("copy", copies, zstd, "copy.compression is 'none'")


def _secondary(platform: Platform) -> Iterator[str]:
    if platform.primary_site:
        return
    why, securing = "primary_site is false, where no securing is waited for", platform.securing
    keys = [key for key in ("wait_for", "needs_processing") if getattr(securing, key) not in ("none_running", False)]
    yield from _set("securing", securing, keys, why)


def _bound(platform: Platform) -> Iterator[str]:
    for index, host in enumerate(platform.hosts):
        if host.bound_units and not {*units_of(platform, host.name)} - {*host.bound_units}:
            at = f"hosts.{index} ({host.name}).bound_units"
            yield f"at {at}: the host has no unit that a night stops, nothing is stopped with one; take it out"


def _set(at: str, part: BaseModel, keys: Iterable[str], why: str) -> Iterator[str]:
    fields = type(part).model_fields
    for key in keys:
        if not _same(getattr(part, key), fields[key].get_default(call_default_factory=True)):
            yield f"at {at}.{key}: {why}, so that nobody reads this; take it out"


def _same(value: object, default: object) -> bool:
    """Tell whether a value is the default: names in another order ask for nothing else."""
    if isinstance(value, list | tuple) and isinstance(default, list | tuple):
        return sorted(value) == sorted(default)
    return value == default
