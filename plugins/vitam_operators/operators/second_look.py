"""A second look at a host's units: what is up at one moment may be down at the next."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from vitam_operators import restless, systemd
from vitam_operators.hooks.hosts import Shell
from vitam_operators.systemd import UnitState


async def look_again(shell: Shell, first: Mapping[str, UnitState]) -> tuple[dict[str, UnitState], dict[str, str]]:
    """
    Look at units once more, some seconds later.

    :param first: what the first look has found
    :return: what the second one finds, and the units that systemd restarts again and again, with the reason
    """
    if not any(state.running for state in first.values()):
        return dict(first), {}
    await asyncio.sleep(restless.pause_s(first))
    second = await shell.run(systemd.unit_states(list(first)))
    return second, restless.restless(first, second)
