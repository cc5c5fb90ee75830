"""Whose records and hosts a step is about to touch: asked before it acts, also when its own run was given up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

from vitam_operators import guard
from vitam_operators.config import MongoCluster, Platform
from vitam_operators.errors import (
    CommandFailedError,
    GuardHeldError,
    NightConcludedError,
    NotOwnRecordsError,
    RetryableError,
)
from vitam_operators.guard import GuardState
from vitam_operators.hooks.hosts import HostHook, Shell, target
from vitam_operators.hooks.records import installation_id
from vitam_operators.nights import CONCLUSION, OPEN, REPORT, Night
from vitam_operators.run_ids import RUN, new_id, owner_of, run_in_words

PLANNING = ("plan_night", "plan_restore")
TOLD_BY = ("open_backup", "open_restore", "arm_restart_guard")
"""The steps that tell Airflow the id of their run, beside the plan: a clear begins them again one after the other."""
OWN_RUN = "vitam_backup_run"
"""Where a step keeps in its context what they told."""


def own_run(context: Any) -> str:
    """
    Return the id that this run has in this Airflow, nothing when it has not planned yet.

    The records do not say it: another Airflow with the same ``run_id`` may have written them. Airflow keeps the
    answers of a task that is cleared until it begins again, so one of these steps always has it. Each answer is a
    request to Airflow's API: they are asked one after the other until one has it, and a step asks once.
    """
    if not context.get(OWN_RUN):
        context[OWN_RUN] = next((str(one) for one in _told(context["ti"]) if one), "")
    return str(context[OWN_RUN])


def _told(ti: Any) -> Iterator[Any]:
    for task in TOLD_BY:
        yield from ti.xcom_pull(task_ids=[task], key=RUN) or ()
    for task in PLANNING:
        plans = ti.xcom_pull(task_ids=[task]) or ()
        yield from (plan.get(RUN) for plan in plans if isinstance(plan, dict))


def identity(platform: Platform, context: Any) -> dict[str, str]:
    """Return what a plan says of whose it is, ``{"run_id", "run"}``: a run that is planned again keeps its id."""
    run = context["dag_run"]
    own = own_run(context) or new_id(installation_id(platform), run.dag_id, run.run_id)
    return {"run_id": run.run_id, RUN: own}


def findings_of_records(step: Any, context: Any) -> list[str]:
    """Tell, for a look, whether the records under this run's label are another run's."""
    try:
        step.latest_night(context)
    except NotOwnRecordsError as error:
        return [error.finding]
    return []


def is_own(context: Any, night: Night) -> bool:
    """Tell whether records are this run's; of records that lost what they were opened with nothing says otherwise."""
    opened, run = night.read(OPEN) or {}, context["dag_run"]
    if RUN not in opened:
        return bool(opened.get("run_id", run.run_id) == run.run_id)
    return bool(opened["run_id"] == run.run_id and opened[RUN] == own_run(context))


def require_own_records(context: Any, night: Night) -> None:
    """
    Check that records are this run's: their name says only for which moment it was made, and a caller chooses that.

    :raises NotOwnRecordsError: another run has written them
    """
    opened, run = night.read(OPEN) or {}, context["dag_run"]
    if not is_own(context, night):
        raise NotOwnRecordsError(
            f"{night.label} is the backup or restore of {run_in_words(opened)}; this is {run.run_id}, which has opened "
            "nothing",
            hint="nothing was touched. If two Airflows have this DAG, pause it in one of them; else trigger a new run, "
            "without choosing its moment. What is down is started by the run that is named, by the restart guards at "
            "the window's end, or by hand: docs/operate.md, 'The platform is down'",
        )


async def require_own(shell: Shell, night: Night) -> GuardState:
    """
    Check that a host is not another run's by now: what is cleared long after its night would act under that one.

    A host without a guard, or whose guard has fired, is nobody's: what this run has to start there it starts.

    :raises GuardHeldError: it is, and that run will start it
    """
    found = await shell.run(guard.state())
    held = guard.finding(found, shell.host.name, owner_of(night.opened))
    if held is not None:
        raise GuardHeldError(
            held,
            hint="this step did nothing on this host; leave the host to the run that is named, it starts what it stops",
        )
    return found


async def require_own_to_start(step: Any, shell: Shell, night: Night) -> bool:
    """
    Check the same before a start: a guard whose plan was torn keeps nothing down.

    :return: whether the guard of this run is still there
    :raises GuardHeldError: the host is another run's
    """
    try:
        return guard.is_of(await require_own(shell, night), owner_of(night.opened))
    except CommandFailedError as error:
        step.log.warning("the guard of %s cannot be read, the start goes on: %s", shell.host.name, error.message)
        return False


async def require_own_hosts(step: Any, night: Night, hosts: Iterable[str]) -> bool:
    """
    Check that none of a cluster's hosts is another run's, before the cluster is changed through one of them.

    :return: whether the guard of this run is still on one of them
    :raises GuardHeldError: one is; a host that cannot be asked says nothing
    """

    async def ask(host: str) -> bool:
        try:
            async with HostHook(target(step.platform, host)).connect() as shell:
                return guard.is_of(await require_own(shell, night), owner_of(night.opened))
        except RetryableError as error:
            step.log.warning("whose %s is cannot be seen: %s", host, error.message)
            return False

    return any(await asyncio.gather(*(ask(host) for host in hosts)))


def require_to_start(night: Night, what: str, *, is_guarded: bool) -> None:
    """
    Check that a run may start what is down: one that has ended with all up has nothing to start any more.

    :param what: what is down, and where
    :param is_guarded: whether its guard is still there
    :raises NightConcludedError: it has ended, and somebody has stopped this since
    """
    if not is_guarded and is_concluded(night):
        raise NightConcludedError(
            f"{what} is down or off, and {night.label} has ended with everything up: somebody has stopped it since",
            hint="nothing was started: ask who stopped it. To start it by hand: `sudo systemctl start UNIT` on its "
            "host, sh.startBalancer() through a mongos; the order is in docs/operate.md, 'The platform is down'",
        )


def is_concluded(night: Night) -> bool:
    """Tell whether a run has ended with the platform up; a verdict that is lost is none."""
    return any((night.read(name) or {}).get("platform_up") for name in (CONCLUSION, REPORT))


def hosts_of_cluster(platform: Platform, name: str) -> list[str]:
    """Return the hosts of a MongoDB cluster: members and routers."""
    cluster: MongoCluster = platform.cluster(name)
    sets = (cluster.config_set, *cluster.shards)
    return list(dict.fromkeys([*(m.host for one in sets for m in one.members), *cluster.routers]))
