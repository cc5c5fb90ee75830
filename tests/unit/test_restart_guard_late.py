"""The restart guard on a bad morning: what does not come in time, or not at all, keeps nothing else down."""

from __future__ import annotations

import contextlib
import socketserver
import time

import pytest

from tests.fakes.guarded import (
    FAILED_BY_SIGTERM,
    LOGBOOK,
    MONGOD,
    MONGOS,
    OFFER,
    STORAGE,
    Mongod,
    MongodHandler,
    Vitam,
)
from vitam_operators import guard
from vitam_operators.on_host import restart_guard


def away() -> str:
    """An address at which nobody listens."""
    with socketserver.TCPServer(("127.0.0.1", 0), MongodHandler) as server:
        return f"127.0.0.1:{server.server_address[1]}"


@pytest.mark.parametrize("member", ["secondary", "away", "silent"])
def test_without_a_primary_it_goes_on(guarded, serve, capsys, member):
    """The other members' hosts are down: Vitam starts without them, and waits by its own means."""
    address = serve(Mongod([False])).address if member == "secondary" else away()
    if member == "silent":
        silent = serve(socketserver.TCPServer(("127.0.0.1", 0), lambda request, *_: time.sleep(0.2)))
        address = f"127.0.0.1:{silent.server_address[1]}"
    guarded.armed(sets=[[address], [serve(Mongod([True])).address]])
    began = time.monotonic()
    assert restart_guard.main(guarded.home) == 0
    assert time.monotonic() - began < 5
    assert guarded.started == [MONGOD, OFFER, STORAGE, LOGBOOK]
    assert guarded.report["without_primary"] == [address]
    assert f"no primary among {address}: going on without" in capsys.readouterr().out


@pytest.mark.parametrize(
    "status",
    [
        503,
        404,
        0,
    ],
)
def test_a_service_that_does_not_get_healthy_keeps_nobody_waiting(guarded, serve, status):
    """One that is ill must not keep all behind it down; it runs, so it is not left down."""
    storage = serve(Vitam([status]))
    for unit in (OFFER, STORAGE, LOGBOOK):
        guarded.unit(unit, FAILED_BY_SIGTERM, started=("active",))
    guarded.armed(storage=storage.url(), service_s=2)
    assert restart_guard.main(guarded.home) == 0
    assert len(storage.asked) > 1
    assert guarded.active(LOGBOOK) == "active"
    assert guarded.report["left_down"] == []


def test_a_unit_that_fails_is_told(guarded, serve, capsys):
    """The exit status makes the guard's own unit red, the report has the name, and nobody waits an hour for it."""
    another = serve(Vitam([200]))
    guarded.unit(STORAGE, FAILED_BY_SIGTERM, started=("activating", "failed"))
    guarded.unit(MONGOS, "failed", started=("failed",))
    guarded.armed(storage=another.url(), service_s=3600)
    assert restart_guard.main(guarded.home) == 1
    assert guarded.report["left_down"] == [MONGOS, STORAGE]
    assert guarded.active(LOGBOOK) == "active"
    assert capsys.readouterr().out.splitlines()[-2] == f"done; left down: {MONGOS} {STORAGE}"


def test_a_unit_that_the_host_does_not_have_any_more(guarded):
    """Somebody has uninstalled it meanwhile: the others start."""
    for name in (OFFER, f"{OFFER}.started"):
        (guarded.state / "units" / name).unlink()
    guarded.armed()
    assert restart_guard.main(guarded.home) == 1
    assert guarded.report["left_down"] == [OFFER]
    assert [guarded.active(unit) for unit in (STORAGE, LOGBOOK)] == ["active", "active"]


def test_a_service_whose_start_is_only_queued_is_waited_for(guarded, serve):
    """Vitam's units are `failed` after every stop; with --no-block they still are until systemd comes to the job."""
    guarded.unit(OFFER, FAILED_BY_SIGTERM, started=("activating", "active"))
    offer = serve(Vitam([200]))
    guarded.armed(offer=offer.url(), primary_s=20)
    restart_guard.main(guarded.home)
    assert offer.asked, "storage was started before the offer was healthy"


def test_a_host_of_databases_alone_waits_for_nobody(guarded, serve):
    """Its members find each other; there is no service that needs a primary first."""
    member = serve(Mongod([False]))
    plan = guarded.armed(sets=[[member.address]], primary_s=60)
    report = restart_guard.fire({**plan, "services": []}, str(guarded.at(f"{guard.HOME}/report.json")))
    assert member.asked == []
    assert (report["without_primary"], report["left_down"]) == ([], [])


def test_a_copy_that_cannot_be_removed_stops_no_start(guarded):
    """The disk of the copies is broken, and was remounted read-only: of all nights in this one Vitam has to start."""
    guarded.armed()
    (guarded.copies / "shard0.tar.zst.partial").mkdir()
    assert restart_guard.main(guarded.home) == 0


def test_a_network_disk_that_hangs_stops_no_start(guarded, monkeypatch):
    """Its server is gone; whoever looks at the directory of the copies waits for ever, be it killed or not."""
    hangs = guarded.root / "bin" / "find"
    hangs.write_text("#!/bin/sh\nexec sleep 20\n", encoding="utf-8")
    hangs.chmod(0o755)
    monkeypatch.setattr(restart_guard, "REMOVED_WITHIN_S", 0.2)
    guarded.armed()
    began = time.monotonic()
    assert restart_guard.main(guarded.home) == 0
    assert time.monotonic() - began < 15
    assert guarded.active(LOGBOOK) == "active"


def test_a_report_that_cannot_be_written_stops_no_start(guarded, monkeypatch):
    """The copies have filled the disk: that is why nobody came."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    guarded.armed()
    monkeypatch.setattr(restart_guard.os, "replace", full)
    with contextlib.suppress(OSError):
        restart_guard.main(guarded.home)
    assert guarded.active(LOGBOOK) == "active"


RESUME = "/scheduler/v1/resume/ALL"


@pytest.mark.parametrize("status", [200, 503, 0])
def test_a_scheduler_is_let_go_once_it_runs(guarded, serve, status):
    """Its pause is kept in MongoDB and outlives the restart; one that refuses is no reason to leave others down."""
    scheduler = serve(Vitam([200, status]))
    guarded.armed(storage=scheduler.url(), resume={STORAGE: scheduler.url(RESUME)})
    assert restart_guard.main(guarded.home) == int(status != 200)
    tries = 1 if status == 200 else restart_guard.RESUME_TRIES
    assert scheduler.asked == ["GET /admin/v1/status", *[f"PUT {RESUME}"] * tries]
    assert guarded.active(LOGBOOK) == "active"


def test_a_scheduler_that_is_away(guarded):
    """It cannot be told to go on, and the others start all the same."""
    guarded.armed(resume={STORAGE: f"http://{away()}{RESUME}"})
    assert restart_guard.main(guarded.home) == 1
    assert guarded.started[-1] == LOGBOOK
    assert guarded.report["left_down"] == [f"{STORAGE} (paused)"], "a day without jobs would be noticed by nobody"


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere.invalid:27019"])
def test_an_address_that_is_no_primary(address):
    """Whatever the network says, the answer is no."""
    assert not restart_guard.is_primary(address)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://nowhere.invalid/", "no url"])
def test_a_url_that_is_not_healthy(url):
    assert not restart_guard.is_healthy(url)


def test_a_proxy_of_the_host_is_not_asked(serve, monkeypatch):
    """Hosts have http_proxy set for their packages: a status asked there is that of the proxy."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert restart_guard.is_healthy(serve(Vitam([200])).url())
