"""
At which minutes a Vitam inventory lets Quartz secure the logbooks (Vitam 6 and later).

Source: ProgrammeVitam/vitam@7.0.1
deployment/ansible-vitam/roles/vitam/templates/scheduler/jobs/jobs-logbook.xml.j2:58, 82 and 136, with these defaults;
deployment/environments/group_vars/all/advanced/vitam_vars.yml:108.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vitam_operators.ansible_inventory import Inventory
from vitam_operators.versions import SECURING_MINUTES

FREQUENCIES: dict[str, int] = {
    "frequency_traceability_operations": 5,
    "frequency_traceability_lfc_objectgroup": 15,
    "frequency_traceability_lfc_unit": 35,
}
"""The keys under ``vitam_timers.logbook`` of the jobs that secure, and the minute of each when it says nothing."""

PART = re.compile(r"(?P<first>\*|\d{1,2}(-\d{1,2})?)(/(?P<step>\d{1,2}))?")
LAST = 59


def minutes(inventory: Inventory) -> tuple[int, ...] | None:
    """Return the minutes of the hour at which it secures; ``None`` when they are Vitam's or cannot be told."""
    found: set[int] = set()
    for key, usual in FREQUENCIES.items():
        cron = inventory.setting("vitam_timers", "logbook", key)
        own = {usual} if cron is None else _minutes_of(cron)
        if own is None:
            return None
        found |= own
    return None if found == set(SECURING_MINUTES) else tuple(sorted(found))


def warnings(inventory: Inventory) -> Iterator[str]:
    """Yield the frequencies that cannot be put into the minutes of an hour."""
    for key in FREQUENCIES:
        cron = inventory.setting("vitam_timers", "logbook", key)
        if cron is None:
            continue
        name = f"vitam_timers.logbook.{key} ({cron})"
        if _minutes_of(cron) is None:
            usual = ", ".join(map(str, SECURING_MINUTES))
            yield f"the minutes of {name} are not understood: {usual} are taken, write securing.minutes by hand"
        elif cron.split()[2] not in ("*", "0/1", "*/1"):
            yield (
                f"{name} does not secure in each hour, as a night takes it to: it may wait for a securing that does "
                "not come; look at securing.wait_for"
            )


def _minutes_of(cron: str) -> set[int] | None:
    """Read the second field of one of Quartz's expressions: seconds, minutes, hours, day, month, weekday."""
    fields = cron.split()
    if len(fields) not in (6, 7):
        return None
    found: set[int] = set()
    for part in fields[1].split(","):
        match = PART.fullmatch(part)
        if match is None:
            return None
        first, _, last = match["first"].replace("*", f"0-{LAST}").partition("-")
        end = int(last) if last else LAST if match["step"] else int(first)
        step = int(match["step"] or 1)
        if step == 0 or int(first) > end or end > LAST:
            return None
        found |= set(range(int(first), end + 1, step))
    return found
