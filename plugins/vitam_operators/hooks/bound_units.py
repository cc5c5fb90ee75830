"""Which units systemd stops with others, however far the bonds go."""

from __future__ import annotations

from collections.abc import Iterable

from vitam_operators import systemd
from vitam_operators.hooks.hosts import Shell


async def stopped_with(shell: Shell, units: Iterable[str], *, ends_at: Iterable[str] = ()) -> frozenset[str]:
    """
    Return the units that a stop of these goes on to, those that are bound to a bound one as well.

    systemd goes on from each unit to those bound to it, whether it runs or not (``systemd/systemd@v252
    src/core/transaction.c``, ``transaction_add_job_and_dependencies``). The host is asked once for each step of the
    longest chain. Targets and the like are left out at the end: nothing runs in them.

    :param ends_at: units that are not asked what is bound to them, and are left out
    :raises HostUnreachableError: the host does not answer
    :raises CommandFailedError: systemd does not
    """
    asked = frozenset(units)
    known = asked | frozenset(ends_at)
    found = frozenset[str]()
    while asked:
        asked = await shell.run(systemd.stopped_with(sorted(asked))) - known
        known |= asked
        found |= asked
    return frozenset(unit for unit in found if unit.endswith(systemd.RUNS))
