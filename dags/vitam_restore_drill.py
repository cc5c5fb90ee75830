"""
Restore drill: proof that a backup can be opened, beside a platform that runs.

1. **choose_backup**: the backup that is asked for, or the newest whole sealed one without a drill.
2. **extract_copy**, then **extract_files**: each copy is extracted on the host that holds it, into a directory of the
   drill's own; its checksum is proved on the way. Databases come first: a directory that has no room is left out alone.
3. **open_copy**: a mongod of its own opens each database copy, on the loopback, outside its replica set, read-only.
4. **examine_copy**, **examine_files**: every collection is there, valid, and holds what was noted before the stop.
5. **remove_scratch**: the mongods end and the directories go, *whatever failed*.

`conclude_drill` is the judge: green only when every copy of the backup was examined and nothing speaks against it.
Nothing of the platform is stopped, read or changed; the drill has the disk and the processors when nobody else wants
them. What was found is noted with the backup (`drill.json`), whose manifest stays as it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, Param, TriggerRule, chain

from vitam_operators.graph import (
    A_DAY,
    database_parts,
    directory_parts,
    for_each,
    of_platform,
    parts,
    platform_file,
    restart,
    sealed_backups,
)
from vitam_operators.nights import LABEL_IN_A_FORM
from vitam_operators.operators.drill_examination import ExamineCopyOperator, ExamineFilesOperator
from vitam_operators.operators.drill_opening import ExtractCopyOperator, OpenCopyOperator
from vitam_operators.operators.drill_verdict import ConcludeDrillOperator
from vitam_operators.operators.drills import ChooseBackupOperator, RemoveScratchOperator
from vitam_operators.platforms import load_platform

PLATFORM_FILE = platform_file(beside=Path(__file__).parents[1])
platform = load_platform(PLATFORM_FILE)

SATURDAY_NOON = "0 12 * * 6"
SCHEDULES: dict[str, Any] = {
    "each_backup": [sealed_backups(platform)],
    "weekly": CronTriggerTimetable(SATURDAY_NOON, timezone=platform.window.timezone),
    "by_hand": None,
}

with DAG(
    dag_id="vitam_restore_drill",
    dag_display_name="Vitam: restore drill",
    description=f"Extracts a backup of {platform.name} beside the platform, opens it, reads it, removes it again",
    doc_md=__doc__,
    schedule=SCHEDULES[platform.drill.when],
    tags=["vitam", "backup"],
    access_control=platform.access.of_dag("trigger"),
    **of_platform(PLATFORM_FILE, platform, execution_timeout=A_DAY),
    params={
        "backup": Param(
            None,
            type=["null", "string"],
            pattern=LABEL_IN_A_FORM,
            title="Backup",
            description_md="Its name, as `20261124T190000Z`. Empty: the newest whole sealed one without a drill.",
        ),
    },
) as dag:
    choose_backup = ChooseBackupOperator(task_id="choose_backup")
    extract_copy = for_each(database_parts(platform), ExtractCopyOperator, "extract_copy")
    extract_files = for_each(
        directory_parts(platform), ExtractCopyOperator, "extract_files", trigger_rule=TriggerRule.ALL_DONE
    )
    open_copy = for_each(database_parts(platform), OpenCopyOperator, "open_copy", trigger_rule=TriggerRule.ALL_DONE)
    examine_copy = for_each(
        database_parts(platform), ExamineCopyOperator, "examine_copy", trigger_rule=TriggerRule.ALL_DONE
    )
    examine_files = for_each(
        directory_parts(platform), ExamineFilesOperator, "examine_files", trigger_rule=TriggerRule.ALL_DONE
    )
    remove_scratch = for_each(parts(platform), RemoveScratchOperator, "remove_scratch")
    conclude_drill = ConcludeDrillOperator(task_id="conclude_drill", retries=1)

    chain(choose_backup, extract_copy, open_copy, examine_copy, remove_scratch, conclude_drill)
    chain(extract_copy, extract_files, examine_files, remove_scratch)
    restart(remove_scratch, choose_backup)
    restart(conclude_drill, choose_backup, judge=True)
