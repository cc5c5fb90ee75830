"""
Restore: a backup put back onto every member of every replica set.

1. **look**: the backup is chosen, hosts and clusters are looked at, what would be replaced is shown.
2. **approve_restore**: a person who did not trigger it approves it, under "Required actions".
3. **bring**: while the platform runs, each copy is carried to the hosts of all members, extracted beside their data,
   recovered, counted, and made to say who the others are here.
4. **stop**: once each host's restart guard is armed, everything stops in the manual's order, every member included.
5. **swap**: what is there is kept aside, what was brought takes its place: two renames.
6. **check**: the sets run on the restored data; members, shards, documents are compared before anything of Vitam runs.
7. **start**: `decide_restore` says whether the restored data stays. If not, *whatever failed*, what was kept is put
   back. Then all runs again; the balancer and scheduling as they were before the backup was made.
8. **after**: with the platform up, a second word of a person removes what was kept.

`conclude_restore` is the judge: green only when the platform runs on the restored data. docs/restore.md is the page to
follow.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, Label, Param, TaskGroup, TriggerRule, chain

from vitam_operators.graph import (
    A_DAY,
    clusters,
    config_sets,
    elasticsearch_nodes,
    for_each,
    hosts,
    members,
    of_platform,
    platform_file,
    replica_sets,
    restart,
    routers,
    shards,
    start_services,
    stop_services,
)
from vitam_operators.hooks.kept_platforms import platform_of_runs
from vitam_operators.hooks.records import RESTORES
from vitam_operators.nights import LABEL_IN_A_FORM
from vitam_operators.operators.elasticsearch import StartElasticsearchOperator
from vitam_operators.operators.restore_approvals import ApproveRemovalOperator, ApproveRestoreOperator
from vitam_operators.operators.restore_bringing import (
    CarryCopyOperator,
    ExtractRestoredOperator,
    RecoverDataOperator,
    RewriteDataOperator,
)
from vitam_operators.operators.restore_deciding import (
    DecideRestoreOperator,
    PutBackDataOperator,
    RemoveBroughtOperator,
    RestoreBalancerOperator,
)
from vitam_operators.operators.restore_looks import CheckRestoreClusterOperator, CheckRestoreHostOperator
from vitam_operators.operators.restore_plans import OpenRestoreOperator, PlanRestoreOperator
from vitam_operators.operators.restore_starting import DisarmRestoreGuardOperator, StartAgainOperator
from vitam_operators.operators.restore_stopping import (
    ArmRestoreGuardOperator,
    HoldTimersOperator,
    PauseBalancerOperator,
    StopMemberOperator,
    StopRestoredRouterOperator,
)
from vitam_operators.operators.restore_swapping import (
    CheckSetOperator,
    RestoredSetSensor,
    StartRestoredOperator,
    SwapDataOperator,
)
from vitam_operators.operators.restore_verdict import (
    ConcludeRestoreOperator,
    RemoveKeptOperator,
    ReportRestoreOperator,
)
from vitam_operators.operators.restores import ChooseRestoreOperator
from vitam_operators.operators.scheduling import ResumeSchedulingOperator
from vitam_operators.operators.services import StartRouterOperator
from vitam_operators.procedure import BACK, DRAIN, FRONT
from vitam_operators.sensors.primary import PrimaryElectedSensor

PLATFORM_FILE = platform_file(beside=Path(__file__).parents[1])
platform = platform_of_runs(PLATFORM_FILE, RESTORES)

with DAG(
    dag_id="vitam_restore",
    dag_display_name="Vitam: restore",
    description=f"Puts a backup back onto {platform.name}, once a person has approved it",
    doc_md=__doc__,
    schedule=None,
    render_template_as_native_obj=False,
    tags=["vitam", "restore"],
    access_control=platform.access.of_dag("restore"),
    **of_platform(PLATFORM_FILE, platform, kept_in=RESTORES, execution_timeout=A_DAY),
    params={
        "backup": Param(
            None,
            type=["null", "string"],
            pattern=LABEL_IN_A_FORM,
            title="Backup",
            description_md="Its name, as `20261123T190000Z`. Empty: the newest whole one that a drill has opened.",
        ),
        "until": Param(
            None,
            type=["null", "string"],
            format="date-time",
            title="Until",
            description_md="When everything has to run again. Empty: the next end of the nightly window.",
        ),
        "note": Param(
            None, type=["null", "string"], maxLength=500, title="Note", description_md="Why; kept in the records."
        ),
    },
) as dag:
    with TaskGroup("look", prefix_group_id=False, tooltip="Changes nothing"):
        choose_backup = ChooseRestoreOperator(task_id="choose_backup")
        check_host = for_each(hosts(platform), CheckRestoreHostOperator, "check_host")
        check_cluster = for_each(clusters(platform), CheckRestoreClusterOperator, "check_cluster")
        plan_restore = PlanRestoreOperator(task_id="plan_restore", trigger_rule=TriggerRule.ALL_DONE)
    approve_restore = ApproveRestoreOperator(
        task_id="approve_restore",
        subject=f"Replace the data of {platform.name} by a backup?",
        response_timeout=timedelta(hours=12),
    )
    open_restore = OpenRestoreOperator(task_id="open_restore")

    with TaskGroup("bring", prefix_group_id=False, tooltip="While the platform runs"):
        carry_copy = for_each(members(platform), CarryCopyOperator, "carry_copy")
        extract_copy = for_each(members(platform), ExtractRestoredOperator, "extract_copy")
        recover_data = for_each(members(platform), RecoverDataOperator, "recover_data")
        rewrite_data = for_each(members(platform), RewriteDataOperator, "rewrite_data")
    arm_restart_guard = for_each(hosts(platform), ArmRestoreGuardOperator, "arm_restart_guard")

    with TaskGroup("stop", prefix_group_id=False, tooltip="In the manual's order"):
        stop_front = stop_services(platform, FRONT)
        hold_scheduling = HoldTimersOperator(task_id="hold_scheduling")
        stop_drained = stop_services(platform, DRAIN)
        stop_back = stop_services(platform, BACK)
        pause_balancer = for_each(clusters(platform), PauseBalancerOperator, "pause_balancer")
        stop_router = for_each(routers(platform), StopRestoredRouterOperator, "stop_router")
        stop_shard_member = for_each(members(platform, "shard"), StopMemberOperator, "stop_shard_member")
        stop_config_member = for_each(members(platform, "config"), StopMemberOperator, "stop_config_member")
    swap_data = for_each(members(platform), SwapDataOperator, "swap_data")
    with TaskGroup("check", prefix_group_id=False, tooltip="Before anything of Vitam runs"):
        start_restored_shard = for_each(shards(platform), StartRestoredOperator, "start_restored_shard")
        start_restored_config = for_each(config_sets(platform), StartRestoredOperator, "start_restored_config")
        await_restored_set = for_each(replica_sets(platform), RestoredSetSensor, "await_restored_set")
        check_set = for_each(replica_sets(platform), CheckSetOperator, "check_set")

    with TaskGroup("start", prefix_group_id=False, tooltip="Runs whatever failed; clear it to start again by hand"):
        decide_restore = DecideRestoreOperator(task_id="decide_restore")
        put_back_data = for_each(members(platform), PutBackDataOperator, "put_back_data")
        start_shard_primary = for_each(shards(platform), StartAgainOperator, "start_shard_primary")
        start_config_primary = for_each(config_sets(platform), StartAgainOperator, "start_config_primary")
        await_primary_elected = for_each(replica_sets(platform), PrimaryElectedSensor, "await_primary_elected")
        start_router = for_each(routers(platform), StartRouterOperator, "start_router")
        restore_balancer = for_each(clusters(platform), RestoreBalancerOperator, "restore_balancer")
        start_elasticsearch = for_each(elasticsearch_nodes(platform), StartElasticsearchOperator, "start_elasticsearch")
        start_all_services = start_services(platform)
        resume_scheduling = ResumeSchedulingOperator(task_id="resume_scheduling")
        disarm_restart_guard = for_each(hosts(platform), DisarmRestoreGuardOperator, "disarm_restart_guard")
        remove_brought = for_each(members(platform), RemoveBroughtOperator, "remove_brought")
    with TaskGroup("after", prefix_group_id=False, tooltip="With the platform up again"):
        report_restore = ReportRestoreOperator(task_id="report_restore")
        approve_removal = ApproveRemovalOperator(
            task_id="approve_removal",
            subject=f"Remove what was on {platform.name} before the restore?",
        )
        remove_kept = for_each(members(platform), RemoveKeptOperator, "remove_kept")
    conclude_restore = ConcludeRestoreOperator(task_id="conclude_restore", retries=1)

    chain(choose_backup, [check_host, check_cluster], plan_restore, approve_restore, Label("approved"), open_restore)
    chain(open_restore, carry_copy, extract_copy, recover_data, rewrite_data, Label("all is ready"), arm_restart_guard)
    chain(arm_restart_guard, *stop_front, hold_scheduling, *stop_drained, *stop_back, pause_balancer, stop_router)
    chain(stop_router, stop_shard_member, stop_config_member, Label("everything is down"), swap_data)
    chain(swap_data, start_restored_shard, start_restored_config, await_restored_set, check_set, decide_restore)
    chain(decide_restore, put_back_data, start_shard_primary, start_config_primary, await_primary_elected)
    chain(await_primary_elected, start_router, restore_balancer, start_elasticsearch)
    chain(start_elasticsearch, *start_all_services, resume_scheduling)
    chain(resume_scheduling, disarm_restart_guard, remove_brought, Label("platform up"), report_restore)
    chain(report_restore, approve_removal, Label("approved"), remove_kept, conclude_restore)

    for restarting in (
        *(decide_restore, put_back_data, start_shard_primary, start_config_primary, await_primary_elected),
        *(start_router, restore_balancer, start_elasticsearch, *start_all_services, resume_scheduling),
        *(disarm_restart_guard, remove_brought),
    ):
        restart(restarting, open_restore)
    restart(report_restore, open_restore)
    restart(conclude_restore, open_restore, judge=True)
