"""
The manual's order, asserted on the graph: its sentences as they stand in procedure.rst, one by one, then its figure.
What the manual does not have comes last.

``a < b`` means that b runs only when every instance of a is over; ``a | b`` that neither waits for the other.
"""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.dags.night import load_dag

MANUAL = [
    (
        "20h : arrêt des services, dans l'ordre suivant : ingest-internal, ingest-external, access-internal, "
        "access-external",
        "stop_ingest_internal < stop_ingest_external < stop_access_internal < stop_access_external",
    ),
    ("Minuit: cron logbook (sécurisation des journaux)", "stop_access_external < await_logbook_cron"),
    ("Minuit: cron logbook: what it is followed by starts by itself no more", "await_logbook_cron < hold_scheduling"),
    (
        "En parallèle, check du nombre de workflow sur le processing: after the front has stopped",
        "stop_access_external < await_workflows_drained",
    ),
    ("En parallèle: neither waits for the other", "await_workflows_drained | await_logbook_cron"),
    ("En parallèle: nor the stops for the securing", "stop_workspace | await_logbook_cron"),
    ("En parallèle: nor the securing for the stops", "hold_scheduling | stop_workspace"),
    ("En parallèle: nor the holding for the workflows", "hold_scheduling | await_workflows_drained"),
    (
        "Quand il n'y a plus de workflow actif, arrêt dans l'ordre des composants suivants : worker, workspace",
        "await_workflows_drained < stop_worker < stop_workspace",
    ),
    (
        "Quand le cron logbook est terminé [...] arrêt des services : functional-administration, logbook, metadata, "
        "storage, storage-default-offer",
        "await_logbook_cron < stop_functional_administration < stop_logbook < stop_metadata < stop_storage "
        "< stop_offer",
    ),
    (
        "[...] ET quand les services (worker et workspace) sont arrêtés, arrêt des services",
        "stop_workspace < stop_functional_administration",
    ),
    ("Ensuite, arrêt des clusters ElasticSearch", "stop_offer < stop_elasticsearch"),
    ("Ensuite, arrêt des clusters [...] et MongoDB", "stop_offer < stop_balancer"),
    ("ElasticSearch et MongoDB: side by side (figure, 5)", "stop_elasticsearch | stop_config_primary"),
    ("Désactiver la répartition de charge mongos.", "stop_balancer < stop_shard_primary"),
    (
        "S'assurer que les répartiteurs ont terminé leurs transactions.",
        "stop_balancer < await_balancer_idle < stop_shard_primary",
    ),
    (
        "Continuer lorsque tous les serveurs principaux de tous les nœuds ont été arrêtés.",
        "stop_shard_primary < stop_config_primary",
    ),
    (
        "Lancer les sauvegardes les données sur chaque service mongod précédemment arrêtés.",
        "stop_config_primary < copy_shard",
    ),
    ("Lancer la sauvegarde des données du service mongoc arrêté.", "stop_config_primary < copy_config"),
    ("The copies run all at once", "copy_shard | copy_config"),
    ("Continuer lorsque toutes les sauvegardes se sont terminées.", "copy_shard < end_copies < start_shard_primary"),
    ("Continuer lorsque toutes les sauvegardes se sont terminées.", "copy_config < end_copies"),
    ("Relancer chaque service de donnée mongod.", "copy_config < start_shard_primary"),
    ("Relancer le service de configuration mongoc.", "start_shard_primary < start_config_primary"),
    ("Ré-activer la répartition de charge mongos.", "start_config_primary < start_balancer"),
    ("S'assurer que la répartition de charge est bien active.", "start_balancer < await_balancer_active"),
    ("A 8h du matin, redémarrage de tous les services.", "await_balancer_active < start_offer"),
]

FIGURE = [
    (
        "2. Stop the front services",
        "stop_ingest_external < await_workflows_drained",
    ),
    (
        "3. wait for the end of the running workflows, then stop the processing service; then worker, workspace",
        "await_workflows_drained < stop_processing < stop_worker < stop_workspace",
    ),
    ("6. Join. Backup of the files: databases are down", "stop_config_primary < copy_files"),
    ("6. Join. Backup of the files: Elasticsearch is down", "stop_elasticsearch < copy_files"),
    ("6. The platform stays down until the files are copied", "copy_files < start_shard_primary"),
    (
        "7. Restart of the services, in order: storage-default-offer, storage, metadata, logbook, "
        "functional-administration, workspace, processing, worker, access-internal, access-external, ingest-internal, "
        "ingest-external",
        "start_offer < start_storage < start_metadata < start_logbook < start_functional_administration < "
        "start_workspace < start_processing < start_worker < start_access_internal < start_access_external < "
        "start_ingest_internal < start_ingest_external",
    ),
    ("6. Join. No database starts while files are copied", "copy_files < end_copies < start_elasticsearch"),
    ("7. Vitam starts on databases that are up", "await_elasticsearch < start_offer"),
    ("7. What starts by itself comes last", "start_ingest_external < resume_scheduling"),
    ("Reading back and sealing wait until the platform is up", "resume_scheduling < verify_copy < seal_backup"),
]


BEYOND_THE_MANUAL = [
    ("No host is touched before each has its guard", "open_backup < arm_restart_guard < stop_ingest_internal"),
    (
        "Nobody writes: Vitam is stopped, nothing moves any more",
        "stop_offer < await_balancer_idle < await_nobody_writes",
    ),
    ("Nobody writes: proved before the first primary is stopped", "await_nobody_writes < stop_shard_primary"),
    ("Indexes are of the moment of the databases", "stop_offer < snapshot_elasticsearch < stop_elasticsearch"),
    (
        "An election comes when no client and no migration is left, and before the last look",
        "await_balancer_idle < prefer_member < await_nobody_writes",
    ),
    ("Elasticsearch takes no part in it", "await_nobody_writes | stop_elasticsearch"),
    ("A router starts once its config set can answer", "await_primary_elected < start_router < start_balancer"),
    ("A guard stays until all runs that it would start", "resume_scheduling < disarm_restart_guard < verify_copy"),
    ("Nothing was written: read with the platform up", "disarm_restart_guard < prove_nothing_written < seal_backup"),
    ("Only what is sealed leaves a manifest", "seal_backup < leave_manifest < conclude_night"),
    ("Nothing old goes before the new one is sealed", "seal_backup < prune_backups < conclude_night"),
    ("A disk that is too full for a manifest is pruned all the same", "prune_backups | leave_manifest"),
    ("The oplog is read while copies are", "prove_nothing_written | verify_copy"),
]


def ancestors(dag, task: str) -> set[str]:
    """All tasks that have to be over before a task."""
    return dag.get_task(task).get_flat_relative_ids(upstream=True)


@pytest.mark.parametrize(("sentence", "order"), MANUAL + FIGURE + BEYOND_THE_MANUAL, ids=lambda text: text[:60])
def test_the_manuals_sentence(dags, sentence, order):
    """The words of the manual are the requirement; where the graph differs, the graph is wrong."""
    dag = dags("small")
    if "|" in order:
        one, other = order.split(" | ")
        assert one not in ancestors(dag, other), sentence
        assert other not in ancestors(dag, one), sentence
        return
    for earlier, later in pairwise(order.split(" < ")):
        assert earlier in ancestors(dag, later), f"{sentence}: {earlier} has to be over before {later}"


def test_each_step_waits_for_all_instances_of_the_one_before(dags):
    """A mapped group would go on host by host: a shard's copy would begin while another's primary still runs."""
    for name in ("small", "quartz", "tiny"):
        assert [t.task_id for t in dags(name).tasks if t.get_closest_mapped_task_group() is not None] == []


def test_determine_and_stop_are_one_step(dags):
    """Between "déterminer" and "stopper" an election can happen: whoever stops has to determine."""
    dag = dags("small")
    assert dag.get_task("stop_shard_primary").upstream_task_ids == {"await_nobody_writes"}
    targets = dag.get_task("stop_shard_primary").expand_input.value
    assert targets == dag.get_task("copy_shard").expand_input.value
    assert {(target["cluster"], target["replica_set"]) for target in targets} == {
        ("mongo-data", "shard0"),
        ("mongo-data", "shard1"),
        ("mongo-offer", "shard0"),
    }


def test_securing_that_needs_processing_comes_first(dags):
    """Where the securing is itself a workflow (Vitam 4 and later), the stop of processing waits for its end."""
    assert "hold_scheduling" in ancestors(dags("quartz"), "await_workflows_drained")


def test_services_that_the_manual_does_not_know(dags):
    """They stop with their phase: what takes requests with the front, what writes to databases before them."""
    dag = dags("quartz")
    for front in ("stop_collect_external", "stop_collect_internal"):
        assert front in ancestors(dag, "await_workflows_drained")
    for back in ("scheduler", "batch_report", "security_internal", "metadata_collect", "workspace_collect"):
        assert {"stop_workspace", "hold_scheduling"} <= ancestors(dag, f"stop_{back}")
        assert f"stop_{back}" in ancestors(dag, "stop_balancer")


def test_a_platform_that_stays_down_until_its_window_ends(platform_files, tmp_path):
    """The wait stands between the copies and the restart, and is no restart itself: a night that failed skips it."""
    text = platform_files("tiny").read_text(encoding="utf-8")
    path = tmp_path / "platform.yaml"
    path.write_text(f"{text}\nwindow: {{hold_until_window_end: true}}\n", encoding="utf-8")
    dag = load_dag(path)
    assert {"copy_shard", "copy_config", "copy_files"} <= ancestors(dag, "await_restart_time")
    assert "await_restart_time" in ancestors(dag, "end_copies")
    assert not dag.get_task("await_restart_time").is_teardown
