"""
Nightly cold backup of a Vitam platform.

The manual's procedure, one task a sentence:

1. **look**: is the platform fit for a backup? Nothing is touched; every finding is told at once.
2. **front**: once each host's restart guard is armed, ingest and access stop.
3. **drain** and **securing**: no workflow runs any more, then processing, worker and workspace stop; the logbooks are
   secured, then scheduling is held. Side by side, but where securing is itself a workflow (Vitam 4 and later): there
   processing stops once it is over.
4. **back**: functional-administration, logbook, metadata, storage and the offers stop.
5. **elasticsearch** and **mongodb**, side by side: the balancer is switched off and has ended its transactions; each
   shard's elected primary is found and stopped; then that of each config set.
6. **copy**: what is stopped is copied on its own host; where the file system can share blocks, only a snapshot is
   taken of a database, and copied in step 8.
7. **start**: everything that ran before runs again, *whatever failed*: these tasks are teardowns of open_backup.
8. **after**: with the platform up, snapshots are copied, each copy is read back, the backup is sealed, old ones are
   pruned.

`conclude_night` is the judge: the run is green only when every copy was made, read back and sealed, and the platform
is up. To start the platform again by hand, clear the tasks of the group **start**.
"""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import DAG, Label, Param, TaskGroup, TriggerRule, chain

from vitam_operators.graph import (
    A_DAY,
    clusters,
    config_sets,
    elasticsearch,
    elasticsearch_nodes,
    file_sets,
    for_each,
    hosts,
    of_platform,
    parts,
    platform_file,
    replica_sets,
    restart,
    routers,
    sealed_backups,
    shards,
    start_services,
    stop_services,
)
from vitam_operators.hooks.kept_platforms import platform_of_runs
from vitam_operators.operators.backups import OpenBackupOperator, SealBackupOperator
from vitam_operators.operators.copies import (
    CopyFilesOperator,
    CopyReplicaSetOperator,
    EndCopiesOperator,
    ShipCopyOperator,
)
from vitam_operators.operators.elasticsearch import (
    AwaitElasticsearchOperator,
    FlushElasticsearchOperator,
    StartElasticsearchOperator,
    StopElasticsearchOperator,
)
from vitam_operators.operators.guard import ArmRestartGuardOperator, DisarmRestartGuardOperator
from vitam_operators.operators.looks import CheckClusterOperator, CheckHostOperator
from vitam_operators.operators.mongo import (
    StartBalancerOperator,
    StartPrimaryOperator,
    StopBalancerOperator,
    StopPrimaryOperator,
)
from vitam_operators.operators.plans import PlanNightOperator
from vitam_operators.operators.preferred import PreferMemberOperator
from vitam_operators.operators.proofs import ProveNothingWrittenOperator, VerifyCopyOperator
from vitam_operators.operators.prune import LeaveManifestOperator, PruneBackupsOperator
from vitam_operators.operators.scheduling import HoldSchedulingOperator, ResumeSchedulingOperator
from vitam_operators.operators.services import StartRouterOperator
from vitam_operators.operators.snapshots import SnapshotElasticsearchOperator
from vitam_operators.operators.verdict import ConcludeNightOperator
from vitam_operators.procedure import BACK, DRAIN, FRONT
from vitam_operators.sensors.balancer import BalancerActiveSensor, BalancerIdleSensor
from vitam_operators.sensors.primary import PrimaryElectedSensor
from vitam_operators.sensors.quiet import LogbookSecuredSensor, WorkflowsDrainedSensor
from vitam_operators.sensors.window import RestartTimeSensor
from vitam_operators.sensors.writes import NobodyWritesSensor
from vitam_operators.timetables import NightWindowTimetable

PLATFORM_FILE = platform_file(beside=Path(__file__).parents[1])
platform = platform_of_runs(PLATFORM_FILE)

with DAG(
    dag_id="vitam_backup",
    dag_display_name="Vitam: nightly cold backup",
    description=f"Stops {platform.name} in the manual's order, copies it, starts it again, proves the copies",
    doc_md=__doc__,
    schedule=NightWindowTimetable.from_config(platform.window),
    tags=["vitam", "backup"],
    access_control=platform.access.of_dag("trigger"),
    **of_platform(PLATFORM_FILE, platform, runs=NightWindowTimetable.active_runs_limit),
    params={
        "plan_only": Param(
            False,
            type="boolean",
            title="Plan only",
            description_md="Look at the platform and write the plan into the log of `plan_night`; stop nothing.",
        ),
        "until": Param(
            None,
            type=["null", "string"],
            format="date-time",
            title="Until",
            description_md="When everything has to run again. Empty: the next end of the nightly window.",
        ),
        "securing": Param(
            platform.wait_for_securing,
            type="string",
            enum=["midnight", "next_run", "none_running"],
            values_display={
                "midnight": "wait for the securing at midnight",
                "next_run": "wait for the next securing",
                "none_running": "only make sure that none is running",
            },
            title="Securing of the logbooks",
        ),
        "copies": Param("everything", type="string", enum=["everything", "databases", "files"], title="What is copied"),
        "accepted": Param(
            None,
            type=["null", "array"],
            items={"type": "string"},
            title="Accepted",
            description_md="Names from findings of the look that are as they should be, one a line: a unit that an "
            "earlier night left down and that is to stay down (`vitam-storage.service@app1`), a directory that was "
            "emptied on purpose (`app1-conf@app1`) or moved to another disk (`/vitam/backup@data1`), a repository "
            "that is to be made anew.",
        ),
        "note": Param(
            None, type=["null", "string"], maxLength=500, title="Note", description_md="Kept in the manifest."
        ),
    },
) as dag:
    with TaskGroup("look", prefix_group_id=False, tooltip="Changes nothing"):
        check_host = for_each(hosts(platform), CheckHostOperator, "check_host")
        check_cluster = for_each(clusters(platform), CheckClusterOperator, "check_cluster")
        plan_night = PlanNightOperator(task_id="plan_night", trigger_rule=TriggerRule.ALL_DONE)
    open_backup = OpenBackupOperator(task_id="open_backup")
    arm_restart_guard = for_each(hosts(platform), ArmRestartGuardOperator, "arm_restart_guard")

    with TaskGroup("front", prefix_group_id=False, tooltip="No request comes in any more"):
        stop_front = stop_services(platform, FRONT)
    with TaskGroup("drain", prefix_group_id=False, tooltip="What came in is worked off"):
        await_workflows_drained = WorkflowsDrainedSensor(task_id="await_workflows_drained")
        stop_drained = stop_services(platform, DRAIN)
    with TaskGroup("securing", prefix_group_id=False, tooltip="The logbooks are secured, nothing starts by itself"):
        await_logbook_cron = LogbookSecuredSensor(task_id="await_logbook_cron")
        hold_scheduling = HoldSchedulingOperator(task_id="hold_scheduling")
    with TaskGroup("back", prefix_group_id=False):
        stop_back = stop_services(platform, BACK)
    with TaskGroup("elasticsearch", prefix_group_id=False):
        snapshot_elasticsearch = for_each(
            elasticsearch(platform), SnapshotElasticsearchOperator, "snapshot_elasticsearch"
        )
        flush_elasticsearch = for_each(elasticsearch(platform), FlushElasticsearchOperator, "flush_elasticsearch")
        stop_elasticsearch = for_each(elasticsearch_nodes(platform), StopElasticsearchOperator, "stop_elasticsearch")
    with TaskGroup("mongodb", prefix_group_id=False):
        stop_balancer = for_each(clusters(platform), StopBalancerOperator, "stop_balancer")
        await_balancer_idle = for_each(clusters(platform), BalancerIdleSensor, "await_balancer_idle")
        prefer_member = for_each(replica_sets(platform), PreferMemberOperator, "prefer_member")
        await_nobody_writes = for_each(clusters(platform), NobodyWritesSensor, "await_nobody_writes")
        stop_shard_primary = for_each(shards(platform), StopPrimaryOperator, "stop_shard_primary")
        stop_config_primary = for_each(config_sets(platform), StopPrimaryOperator, "stop_config_primary")

    with TaskGroup("copy", prefix_group_id=False, tooltip="Each part on the host that has it, all at once"):
        copy_shard = for_each(shards(platform), CopyReplicaSetOperator, "copy_shard")
        copy_config = for_each(config_sets(platform), CopyReplicaSetOperator, "copy_config")
        copy_files = for_each(file_sets(platform), CopyFilesOperator, "copy_files")

    with TaskGroup("start", prefix_group_id=False, tooltip="Runs whatever failed; clear it to start again by hand"):
        end_copies = EndCopiesOperator(task_id="end_copies")
        start_shard_primary = for_each(shards(platform), StartPrimaryOperator, "start_shard_primary")
        start_config_primary = for_each(config_sets(platform), StartPrimaryOperator, "start_config_primary")
        await_primary_elected = for_each(replica_sets(platform), PrimaryElectedSensor, "await_primary_elected")
        start_router = for_each(routers(platform), StartRouterOperator, "start_router")
        start_balancer = for_each(clusters(platform), StartBalancerOperator, "start_balancer")
        await_balancer_active = for_each(clusters(platform), BalancerActiveSensor, "await_balancer_active")
        start_elasticsearch = for_each(elasticsearch_nodes(platform), StartElasticsearchOperator, "start_elasticsearch")
        await_elasticsearch = for_each(elasticsearch(platform), AwaitElasticsearchOperator, "await_elasticsearch")
        start_all_services = start_services(platform)
        resume_scheduling = ResumeSchedulingOperator(task_id="resume_scheduling")
        disarm_restart_guard = for_each(hosts(platform), DisarmRestartGuardOperator, "disarm_restart_guard")
    with TaskGroup("after", prefix_group_id=False, tooltip="With the platform up again"):
        prove_nothing_written = for_each(
            replica_sets(platform),
            ProveNothingWrittenOperator,
            "prove_nothing_written",
            trigger_rule=TriggerRule.ALL_DONE,
        )
        ship_copy = for_each(replica_sets(platform), ShipCopyOperator, "ship_copy", trigger_rule=TriggerRule.ALL_DONE)
        verify_copy = for_each(parts(platform), VerifyCopyOperator, "verify_copy", trigger_rule=TriggerRule.ALL_DONE)
        seal_backup = SealBackupOperator(
            task_id="seal_backup", trigger_rule=TriggerRule.ALL_DONE, outlets=[sealed_backups(platform)]
        )
        leave_manifest = for_each(hosts(platform), LeaveManifestOperator, "leave_manifest")
        prune_backups = PruneBackupsOperator(task_id="prune_backups", execution_timeout=A_DAY)
    conclude_night = ConcludeNightOperator(task_id="conclude_night", retries=1)

    chain([check_host, check_cluster], plan_night, Label("fit for a backup"), open_backup)
    chain(open_backup, arm_restart_guard, *stop_front)
    front_stopped = [arm_restart_guard, *stop_front][-1]
    chain(front_stopped, await_workflows_drained, *stop_drained)
    chain(front_stopped, await_logbook_cron, hold_scheduling)
    drained = [await_workflows_drained, *stop_drained][-1]
    if platform.securing_needs_processing:
        chain(hold_scheduling, await_workflows_drained)
    chain(drained, Label("no workflow runs"), stop_back[0])
    chain(hold_scheduling, Label("logbooks secured"), stop_back[0])
    chain(*stop_back, [snapshot_elasticsearch, stop_balancer])
    chain(snapshot_elasticsearch, flush_elasticsearch, stop_elasticsearch)
    chain(stop_balancer, await_balancer_idle, Label("no transaction left"), prefer_member, await_nobody_writes)
    chain(await_nobody_writes, stop_shard_primary, stop_config_primary)
    cold = [copy_shard, copy_config, copy_files]
    for copy in cold:
        chain([stop_elasticsearch, stop_config_primary], copy, end_copies)
    if platform.window.hold_until_window_end:
        await_restart_time = RestartTimeSensor(task_id="await_restart_time")
        chain(cold, await_restart_time, end_copies)

    chain(end_copies, start_shard_primary, start_config_primary, await_primary_elected)
    chain(await_primary_elected, start_router, start_balancer, await_balancer_active)
    chain(end_copies, start_elasticsearch, await_elasticsearch)
    chain([await_balancer_active, await_elasticsearch], *start_all_services, resume_scheduling)
    chain(resume_scheduling, disarm_restart_guard, Label("platform up"), [ship_copy, prove_nothing_written])
    chain(ship_copy, verify_copy)
    chain([verify_copy, prove_nothing_written], seal_backup, [leave_manifest, prune_backups], conclude_night)

    for restarting in (
        *(end_copies, start_shard_primary, start_config_primary, await_primary_elected),
        *(start_router, start_balancer, await_balancer_active),
        *(start_elasticsearch, await_elasticsearch, *start_all_services, resume_scheduling, disarm_restart_guard),
    ):
        restart(restarting, open_backup)
    restart(conclude_night, open_backup, judge=True)
