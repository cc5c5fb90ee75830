"""
What differs from one series of Vitam to the next, as data: components, what secures the logbooks, timers.

Sources: Vitam's inventories and playbooks of 4.0 to 7.0.1 (``stop_vitam_timers``, ``stop_vitam_scheduling``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

BY_TIMERS, BY_QUARTZ = "timers", "quartz"


@dataclass(frozen=True)
class Profile:
    """
    One series of Vitam.

    :param series: its major version
    :param securing_by: ``timers`` of systemd, or ``quartz``, the jobs of the scheduler
    :param securing_is_workflow: securing the life cycles is a workflow of processing and its workers
    :param new: components that came with this series
    :param gone: components that left with it
    """

    series: int
    securing_by: str
    securing_is_workflow: bool = True
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


PROFILES: tuple[Profile, ...] = (
    Profile(4, BY_TIMERS),
    Profile(5, BY_TIMERS, new=("collect", "metadata-collect", "workspace-collect")),
    Profile(6, BY_QUARTZ, new=("scheduler", "collect-internal", "collect-external"), gone=("collect",)),
    Profile(7, BY_QUARTZ),
)

SECURING_TIMERS: tuple[str, ...] = (
    "vitam-traceability-operations",
    "vitam-traceability-lfc-objectgroup",
    "vitam-traceability-lfc-unit",
)
"""Timers of Vitam 4 and 5 that secure the logbooks: installed on each host of logbook, started on the last one."""

TIMERS: dict[str, tuple[str, ...]] = {
    "functional-administration": (
        "vitam-create-accession-register-symbolic",
        "vitam-rule-management-audit",
        "vitam-functional-administration-reconstruction",
        "vitam-functional-administration-accession-register-reconstruction",
    ),
    "metadata": (
        "vitam-metadata-reconstruction",
        "vitam-metadata-store-graph",
        "vitam-metadata-computed-inherited-rules",
        "vitam-metadata-purge-dip",
        "vitam-metadata-purge-transfers-SIP",
        "vitam-metadata-audit-mongodb-es",
    ),
    "storage": (
        "vitam-storage-accesslog-backup",
        "vitam-storage-log-backup",
        "vitam-storage-log-traceability",
    ),
    "offer": ("vitam-offer-log-compaction",),
    "logbook": ("vitam-logbook-reconstruction", *SECURING_TIMERS, "vitam-traceability-audit"),
}
"""
All timers of Vitam 4 and 5 by the component whose package has them, so that each host of it may have them.

Source: ``ProgrammeVitam/vitam`` at 4.0.7 and 5.3, ``deployment/ansible-vitam/internal_stop_vitam_timers.yml`` (what
is stopped where) and ``internal_start_vitam_timers.yml`` (on most groups only the last host's are started).
"""

OTHER_TIMERS: tuple[str, ...] = tuple(
    name for names in TIMERS.values() for name in names if name not in SECURING_TIMERS
)
"""Timers that are held but not waited for; their jobs are waited for before anything stops that these call."""

SECURING_MINUTES: tuple[int, ...] = (5, 15, 35)
"""Minutes of each hour at which Quartz starts the jobs of group ``Logbook`` (Vitam 6 and later)."""


def component_of_timer(name: str) -> str | None:
    """Return the component whose hosts have a timer of Vitam's, ``None`` of one that is not Vitam's own."""
    return next((component for component, names in TIMERS.items() if name in names), None)


def series_of(version: str) -> int:
    """Return the major version: 7 for ``7.0.1``, 6 for ``6.rc.0``."""
    return int(version.partition(".")[0])


def profile_of(version: str) -> Profile:
    """Return the profile of a version: that of its series, the nearest one where nothing is known of it."""
    known = [profile for profile in PROFILES if profile.series <= series_of(version)]
    return known[-1] if known else PROFILES[0]


def same_series(first: str, second: str) -> bool:
    """Tell whether two versions are of one series; what is no version, and a mixture of several, is of none."""
    series = [re.match(r"\d+(?=[.-]|$)", version) for version in (*first.split(", "), second)]
    return all(series) and len({found[0] for found in series if found}) == 1


def is_known(version: str) -> bool:
    """Tell whether a version is of a series that has a profile."""
    return series_of(version) in {profile.series for profile in PROFILES}


def doubts(version: str, components: Iterable[str]) -> Iterator[str]:
    """Tell which components a version does not have, and whether the version itself is not known."""
    if not is_known(version):
        near = profile_of(version).series
        yield f"Vitam {version} is not known here, it is treated as Vitam {near}: look at its release notes first"
    for name in components:
        came = next((p.series for p in PROFILES if name in p.new), 0)
        left = next((p.series for p in PROFILES if name in p.gone), series_of(version) + 1)
        if series_of(version) < came:
            yield f"{name} came with Vitam {came}, vitam_version is {version}: is that right?"
        if series_of(version) >= left:
            yield f"{name} is no part of Vitam since {left}, vitam_version is {version}: is that right?"
