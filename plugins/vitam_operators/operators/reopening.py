"""Asking the hosts what their restart guards know of a run: for one whose opening cannot be read any more."""

from __future__ import annotations

import asyncio

from vitam_operators import guard
from vitam_operators.config import Platform
from vitam_operators.errors import VitamBackupError
from vitam_operators.hooks.hosts import HostHook, target
from vitam_operators.nights import Record


async def guards_of(platform: Platform, backup: str) -> dict[str, Record]:
    """
    Return the plan of each host's restart guard; a host that does not answer, or has the guard of another, has none.

    :param backup: label of the attempt
    """
    names = [host.name for host in platform.hosts]
    plans = await asyncio.gather(*(_plan_on(platform, name) for name in names))
    return {name: plan for name, plan in zip(names, plans, strict=True) if plan and plan.get("backup") == backup}


async def _plan_on(platform: Platform, host: str) -> Record | None:
    try:
        async with HostHook(target(platform, host)).connect() as shell:
            return (await shell.run(guard.state())).plan
    except VitamBackupError:
        return None
