"""How the DAG maps the manual's steps over a platform: what a step acts on, and what makes a restart a restart."""

from __future__ import annotations

import inspect
from datetime import timedelta
from pathlib import Path
from typing import Any

import pendulum
from airflow.sdk import Asset, TriggerRule

from vitam_operators.config import Platform
from vitam_operators.operators.base import NightOperator
from vitam_operators.operators.retries import MOST_RETRIES, RETRY_DELAY_S, RETRY_POLICY
from vitam_operators.operators.services import StartServiceOperator, StopServiceOperator
from vitam_operators.parts import MongoPart, all_parts, config_parts, files_parts, shard_parts
from vitam_operators.platforms import PLATFORM_FILE_VARIABLE as PLATFORM_FILE_VARIABLE
from vitam_operators.platforms import platform_file as platform_file
from vitam_operators.procedure import Service
from vitam_operators.restores import plans

Targets = list[dict[str, str]]
AN_HOUR_S = 3600
A_DAY = timedelta(days=1)
"""How long a step of a restore or a drill may hold a worker, and the removal of old backups: some read all data."""


def of_platform(file: Path, platform: Platform, *, runs: int = 1, **defaults: Any) -> dict[str, Any]:
    """
    Return what all DAGs of a platform have in common: how many runs at a time, and how their steps are tried again.

    :param file: the platform file
    :param runs: how many of a DAG may be on at a time
    :param defaults: more arguments that all steps get
    """
    delay = timedelta(seconds=RETRY_DELAY_S)
    tried_again = {"retries": MOST_RETRIES, "retry_delay": delay, "retry_policy": RETRY_POLICY}
    bounded = {"execution_timeout": timedelta(seconds=longest_on_worker_s(platform))}
    return {
        "start_date": pendulum.datetime(2026, 1, 1, tz=platform.window.timezone),
        "catchup": False,
        "max_active_runs": runs,
        "default_args": {"platform_file": str(file), **tried_again, **bounded, **defaults},
    }


def longest_on_worker_s(platform: Platform) -> int:
    """
    Return how long a step may hold a worker, the last bound of what hangs although nothing may.

    Its waits are in the triggerer, and have their own ends; it is longer than each of them all the same, so that a
    timeout of the platform file that was raised can never be cut by this one.
    """
    return max(platform.timeouts.model_dump().values()) + AN_HOUR_S


def for_each(targets: Targets, operator: type[NightOperator], task_id: str, **fixed: Any) -> Any:
    """
    Map a step over what it acts on; each instance is labelled with its name.

    The targets come from the platform file, never from the output of another step: what was stopped is started even
    if the step before it did not end.

    :param targets: arguments of each instance; their values, joined, are its label
    :param fixed: arguments of all instances
    """
    keys = targets[0] if targets else ()
    label = " ".join(f"{{{{ task.{key} }}}}" for key in keys)
    words = {"task_display_name": task_id.replace("_", " "), "doc_md": inspect.getdoc(operator)}
    mapped = operator.partial(task_id=task_id, map_index_template=label, acts_on=list(keys), **words, **fixed)
    return mapped.expand_kwargs(targets)


def stop_services(platform: Platform, phase: str) -> list[Any]:
    """Return the steps that stop a phase's services, in the order in which they stop; each on all its hosts."""
    return [
        for_each(_hosts_of(platform, service), StopServiceOperator, f"stop_{service.word}", service=service.name)
        for service in platform.stop_order(phase)
    ]


def start_services(platform: Platform) -> list[Any]:
    """Return the steps that start all services, in the order in which they start; each on all its hosts."""
    return [
        for_each(_hosts_of(platform, service), StartServiceOperator, f"start_{service.word}", service=service.name)
        for service in platform.services_to_start()
    ]


def restart(task: Any, setup: Any, *, judge: bool = False) -> Any:
    """
    Make a task one that runs whatever happened, once the backup is open.

    As a teardown it is out of reach of "mark run as failed". The stock rule of teardowns leaves the platform down
    when the setup is marked failed, hence ``all_done``, which can only be set afterwards.

    :param judge: whether the task's failure fails the run
    """
    task.as_teardown(setups=setup, on_failure_fail_dagrun=judge)
    if hasattr(task, "partial_kwargs"):
        task.partial_kwargs["trigger_rule"] = TriggerRule.ALL_DONE
    else:
        task.trigger_rule = TriggerRule.ALL_DONE
    return task


def hosts(platform: Platform) -> Targets:
    """Return one target for each host."""
    return [{"host": host.name} for host in platform.hosts]


def clusters(platform: Platform) -> Targets:
    """Return one target for each MongoDB cluster."""
    return [{"cluster": cluster.name} for cluster in platform.mongodb]


def shards(platform: Platform) -> Targets:
    """Return one target for each shard of each cluster."""
    return [_replica_set(part) for part in shard_parts(platform)]


def config_sets(platform: Platform) -> Targets:
    """Return one target for each cluster's config set."""
    return [_replica_set(part) for part in config_parts(platform)]


def replica_sets(platform: Platform) -> Targets:
    """Return one target for each replica set of each cluster, the config sets first."""
    return config_sets(platform) + shards(platform)


def file_sets(platform: Platform) -> Targets:
    """Return one target for each host of each file set."""
    return [{"host": part.host, "file_set": part.file_set.name} for part in files_parts(platform)]


def members(platform: Platform, kind: str | None = None) -> Targets:
    """
    Return one target for each member with data of each replica set, the shards first.

    :param kind: ``shard`` or ``config``; none: both
    """
    found = (place for place in plans.places(platform) if kind in (None, place.part.kind))
    return [{"part": place.part.name, "host": place.host} for place in found]


def routers(platform: Platform) -> Targets:
    """Return one target for each mongos of each MongoDB cluster."""
    return [{"cluster": cluster.name, "host": host} for cluster in platform.mongodb for host in cluster.routers]


def elasticsearch(platform: Platform) -> Targets:
    """Return one target for each Elasticsearch cluster."""
    return [{"cluster": cluster.name} for cluster in platform.elasticsearch]


def elasticsearch_nodes(platform: Platform) -> Targets:
    """Return one target for each node of each Elasticsearch cluster."""
    return [{"cluster": cluster.name, "host": host} for cluster in platform.elasticsearch for host in cluster.hosts]


def parts(platform: Platform) -> Targets:
    """Return one target for each part that a night can copy."""
    return [{"part": part.name} for part in all_parts(platform)]


def database_parts(platform: Platform) -> Targets:
    """Return one target for each part that is the data of a replica set."""
    return [{"part": part.name} for part in (*config_parts(platform), *shard_parts(platform))]


def directory_parts(platform: Platform) -> Targets:
    """Return one target for each part that is a directory of a host."""
    return [{"part": part.name} for part in files_parts(platform)]


def sealed_backups(platform: Platform) -> Asset:
    """Return what a night that is sealed brings up to date, and what begins a restore drill."""
    return Asset(name=f"vitam-backup-{platform.name}", uri=f"x-vitam-backup://{platform.name}")


def _hosts_of(platform: Platform, service: Service) -> Targets:
    return [{"host": host} for host in platform.hosts_of(service.name)]


def _replica_set(part: MongoPart) -> dict[str, str]:
    return {"cluster": part.cluster.name, "replica_set": part.replica_set.name}
