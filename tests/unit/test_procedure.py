"""The manual's order."""

from __future__ import annotations

import pytest

from vitam_operators import procedure
from vitam_operators.procedure import BACK, DRAIN, FRONT, SERVICES


def names(services):
    return [service.name for service in services]


def in_order(wanted, services):
    return [name for name in names(services) if name in wanted]


@pytest.mark.parametrize(
    ("phase", "manual"),
    [
        (FRONT, ["ingest-internal", "ingest-external", "access-internal", "access-external"]),
        (DRAIN, ["processing", "worker", "workspace"]),
        (BACK, ["functional-administration", "logbook", "metadata", "storage", "offer"]),
    ],
)
def test_services_stop_in_the_order_of_the_manual(phase, manual):
    """The procedure's own words, phase by phase; processing is stopped first in its figure."""
    assert in_order(manual, procedure.stop_order(phase)) == manual


def test_services_start_in_the_order_of_the_figure():
    """The restart at 08:00, bottom up."""
    figure = [
        "offer",
        "storage",
        "metadata",
        "logbook",
        "functional-administration",
        "workspace",
        "processing",
        "worker",
        "access-internal",
        "access-external",
        "ingest-internal",
        "ingest-external",
    ]
    assert in_order(figure, procedure.start_order()) == figure


def test_what_stops_also_starts():
    """A service that is in one order only would stay down, or never stop."""
    stopped = [name for phase in (FRONT, DRAIN, BACK) for name in names(procedure.stop_order(phase))]
    assert sorted(stopped) == sorted(names(procedure.start_order())) == sorted(SERVICES)
    assert len(set(stopped)) == len(stopped)


def test_what_writes_into_the_databases_by_itself_is_stopped_before_them():
    """The scheduler keeps its jobs in MongoDB (Vitam 6 on): with it running, a copy is not a cold one."""
    assert {"scheduler", "batch-report", "security-internal", "metadata-collect"} <= set(SERVICES)


def test_the_scheduler_starts_last():
    """Its jobs call all the others."""
    assert names(procedure.start_order())[-1] == "scheduler"


def test_what_the_figure_orders_starts_in_waves_of_its_own():
    """Waves are for the guard of a host: nothing may start together with what it has to find."""
    figure = ["offer", "storage", "metadata", "logbook", "functional-administration", "workspace", "processing"]
    figure += ["worker", "access-internal", "access-external", "ingest-internal", "ingest-external"]
    waves = procedure.start_waves()
    assert [waves[name] for name in figure] == sorted({waves[name] for name in figure})
    in_order = [waves[name] for name in names(procedure.start_order())]
    assert in_order == sorted(in_order), "a wave is one piece of the order"
    assert (waves["collect-internal"] < waves["collect-external"], len(set(in_order)) < len(SERVICES)) == (True, True)


def test_a_service_that_a_platform_orders_itself_waits_for_the_one_before():
    """It was named since somebody found that it has to."""
    assert procedure.start_waves()["kibana"] == procedure.start_waves()["offer"]
    waves = procedure.start_waves(("kibana", "offer"))
    assert (waves["kibana"], waves["offer"], waves["logstash"]) == (1, 2, 3)


def test_a_platforms_own_order_comes_first_and_the_rest_follows():
    """The figure stops the external services before the internal ones: a setting, within the phase."""
    own = ("ingest-external", "worker", "ingest-internal")
    assert names(procedure.stop_order(FRONT, own))[:4] == [
        "ingest-external",
        "ingest-internal",
        "access-internal",
        "access-external",
    ]
    assert names(procedure.stop_order(DRAIN, own)) == ["worker", "processing", "siegfried", "workspace"]
    assert names(procedure.start_order(("logbook",)))[:2] == ["logbook", "logstash"]


def test_units_and_words():
    """The unit is that of Vitam's packages; the word is a part of a task id."""
    service = SERVICES["functional-administration"]
    assert service.unit == "vitam-functional-administration.service"
    assert service.word == "functional_administration"
    assert SERVICES["kibana"].unit == "kibana.service"


def test_admin_ports_tell_services_apart():
    """Two services on one host with the same admin port: one of them would be taken for the other."""
    ports = [service.admin_port for service in SERVICES.values() if service.is_vitams and service.name != "collect"]
    assert len(set(ports)) == len(ports)
