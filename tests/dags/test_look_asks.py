"""The look asks what the night will ask: by day it is known what would fail after the platform is down."""

from __future__ import annotations

import pytest

from tests.dags.half import HalfNight
from tests.fakes import messages as fakes
from vitam_operators.errors import LookFailedError


@pytest.fixture
def seven(nights):
    """A night on a platform of Vitam 7, of which nothing was run yet."""
    night = nights("quartz")
    night.clean()
    return HalfNight(night)


def findings(look: HalfNight, host: str) -> str:
    with pytest.raises(LookFailedError) as refused:
        look.run("check_host", host=host)
    assert look.fake.changes == []
    return refused.value.message


def planned(look: HalfNight, **params) -> dict:
    look.params |= params
    return look.until("check_host", "check_cluster").run("plan_night")


@pytest.mark.parametrize("version", ["seven", "look"])
def test_a_platform_that_is_as_it_should_be(version, request):
    """No word of warning, whatever the version."""
    assert planned(request.getfixturevalue(version))["warnings"] == []


def test_a_wrong_platform_secret(seven):
    """Else the night would wait for the securing until it is given up."""
    seven.fake.vitam.secret = "another"
    found = findings(seven, "app")
    assert "/scheduler/v1/current-jobs: 401" in found
    assert "platform secret" in found
    assert "vault-vitam.yml" in found
    assert "platform-secret" not in found


def test_a_platform_secret_that_airflow_does_not_have(seven, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_TEST_SECRET", '{"conn_type": "generic"}')
    assert "the Airflow connection test_secret has no password" in findings(seven, "app")


def test_a_wrong_port_of_elasticsearch(look):
    """What a typing mistake in the platform file looks like: the unit runs, and nobody listens there."""
    look.fake.hosts["data-1"].units["vitam-elasticsearch-data.service"].ports = (9201,)
    found = findings(look, "data-1")
    assert "on host data-1, GET http://10.3.0.11:9200/: nobody listens there, or nothing leads there" in found


def test_elasticsearch_that_asks_who_is_there(look):
    look.fake.elastics["elasticsearch-data"].account = "backup:secret"
    found = findings(look, "data-1")
    assert "GET http://10.3.0.11:9200/: 401" in found
    assert "Airflow connection" in found


def test_elasticsearch_that_is_red(look):
    """It would be red after the night as well, and Vitam would wait for it."""
    look.fake.elastics["elasticsearch-data"].looks_red = 5
    assert "the cluster is red" in findings(look, "data-1")


def test_another_service_on_the_port(look):
    look.fake.vitam.roles["app", 29002] = "metadata"
    assert "metadata answers there, expected logbook" in findings(look, "app")


def test_a_processing_without_its_metric(look, monkeypatch):
    """Nothing could be said of workflows: the night would not end its wait."""
    monkeypatch.setattr(look.fake.vitam, "_metrics", lambda: "# TYPE jvm_threads_current gauge\n")
    assert "no metric vitam_processing_workflow_operation_total" in findings(look, "app")


def test_programs_that_are_too_old(look):
    look.fake.hosts["front"].programs |= {"tar": "tar (GNU tar) 1.26", "systemctl": "systemd 219"}
    found = findings(look, "front")
    assert "front: tar is 1.26, at least 1.28 is needed: lists and archives in one order" in found
    assert "front: systemctl is 219, at least 238 is needed" in found


def test_all_that_is_wrong_with_a_host_at_once(look):
    host = look.fake.hosts["app"]
    host.sudo, host.clock_off_s, host.programs["tar"] = False, 60, "tar (GNU tar) 1.26"
    look.fake.vitam.ill |= {29002, 28200}
    found = findings(look, "app")
    for words in (
        "sudo asks",
        "its clock is",
        "tar is 1.26",
        ":29002/admin/v1/status: 503",
        ":28200/admin/v1/status: 503",
    ):
        assert words in found


def test_a_service_that_does_not_run_is_not_asked(look):
    look.fake.unit("metadata@app").boot()
    assert "vitam-metadata.service" not in look.run("check_host", host="app")["running"]


# --- warnings --------------------------------------------------------------------------------------------------------


def test_a_service_that_is_slow_is_a_warning(look):
    """By day somebody else works there; at night nobody does."""
    look.fake.hosts["app"].slow.add(29002)
    (warning,) = planned(look)["warnings"]
    assert warning.startswith(
        "on host app, GET http://10.2.0.2:29002/admin/v1/status: it is too slow: Operation timed out"
    )


def test_a_proxy_is_a_warning(look):
    look.fake.hosts["data-1"].proxies = "/etc/environment:http_proxy=...@proxy.example.org:3128\n"
    (warning,) = planned(look)["warnings"]
    assert warning.startswith("data-1: a proxy is set (/etc/environment: http_proxy=...@proxy.example.org:3128)")


def test_services_of_another_version_are_a_warning(look):
    look.fake.vitam.version = "6.2"
    assert (
        "app: logbook says that it is Vitam 6.2, vitam_version is 5.0.1: correct the platform file"
        in (planned(look)["warnings"])
    )


# --- who secures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("chosen", "begins"), [("next_run", False), ("midnight", False), ("none_running", True)])
def test_a_scheduler_whose_jobs_are_paused(seven, chosen, begins):
    """Nobody would start the securing that the night waits for."""
    seven.fake.vitam.scheduler_paused = True
    if begins:
        assert planned(seven, securing=chosen)
        return
    with pytest.raises(LookFailedError, match=r"app: nothing starts Logbook\.OperationTraceabilityJob, .*paused"):
        planned(seven, securing=chosen)


def test_a_run_that_has_paused_the_scheduler_itself_looks_again(seven):
    """Cleared in the middle of its night."""
    planned(seven)
    seven.run("open_backup")
    seven.fake.vitam.scheduler_paused = True
    assert planned(seven, securing="next_run")


def test_a_scheduler_of_vitam_6_has_no_such_question(seven, monkeypatch):
    own = seven.fake.vitam.answer

    def answer(host, method, port, path, stdin):
        return (404, "") if "job-state" in path else own(host, method, port, path, stdin)

    monkeypatch.setattr(seven.fake.vitam, "answer", answer)
    seven.fake.vitam.scheduler_paused = True
    assert planned(seven, securing="next_run")


def test_a_unit_of_the_platform_file_that_is_an_alias(look, monkeypatch):
    """Kind: accepted and then not found. Its journal, sudo's rules and a hold are known by the unit's own name."""
    host = look.fake.hosts["data-1"]
    monkeypatch.setattr(host.units["vitam-mongod.service"], "name", "mongod.service")
    assert "data-1: vitam-mongod.service is another name of mongod.service" in findings(look, "data-1")


def test_a_notifier_that_is_none(nights, monkeypatch):
    """Kind: what only the end of a night would find out, when it calls what the platform file names."""
    monkeypatch.setattr(fakes, "SomeNotifier", dict)
    night = nights("told")
    night.clean()
    with pytest.raises(LookFailedError, match=r"at messages\.notifiers\.0\.notifier: expected a notifier of Airflow's"):
        HalfNight(night).until("check_host", "check_cluster").run("plan_night")
