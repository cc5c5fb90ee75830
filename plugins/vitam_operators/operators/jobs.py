"""Jobs on hosts: transient units that outlive the step that started them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from vitam_operators import secret_files, systemd
from vitam_operators.engines.base import Job
from vitam_operators.errors import VitamBackupError
from vitam_operators.hooks.connections import environment_of
from vitam_operators.hooks.hosts import Shell


async def may_start(shell: Shell, unit: str) -> bool:
    """Tell whether a job has to be started: not when an earlier try's is at work or over. A failed one is let go."""
    state = (await shell.run(systemd.unit_states([unit])))[unit]
    if state.active == "failed":
        await shell.run(systemd.forget_failure(unit))
    return state.active in ("failed", "inactive")


async def start(
    shell: Shell,
    unit: str,
    job: Job,
    *,
    runtime_max_s: int,
    description: str,
    in_background: bool = False,
    properties: Iterable[str] = (),
) -> None:
    """
    Start a job. Its secrets, if it has any, lie on the host until it has read them, or could not be started.

    :param in_background: it gets the disk and the processors only when nobody else wants them
    :param properties: more of systemd's, as ``CPUQuota=100%``
    """
    command = systemd.run_transient(
        unit,
        job.script,
        *job.arguments,
        runtime_max_s=max(1, runtime_max_s),
        description=description,
        in_background=in_background,
        properties=properties,
    )
    secrets = secret_files.write(unit, await environment_of(job.secret)) if job.secret else []
    try:
        for change in (*secrets, command):
            await shell.run(change)
    except VitamBackupError:
        if secrets:
            with suppress(VitamBackupError):
                await shell.run(secret_files.remove(unit))
        raise
