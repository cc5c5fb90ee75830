"""
The page as an application below Airflow's API server.

Airflow mounts it open to everybody, so each route asks for a user and for the right to read the runs of the DAG.
Only the API server imports this module.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import get_user, requires_access_dag
from airflow.models.dag import DagModel
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from vitam_operators.catalogue import Reader, entry
from vitam_operators.config import Platform
from vitam_operators.errors import VitamBackupError
from vitam_operators.hooks.records import nights_of
from vitam_operators.nights import DRILLING, LABEL, OPEN, Nights
from vitam_operators.platforms import platform_at, platform_file
from vitam_operators.ui import charts
from vitam_operators.ui.links import PREFIX, airflow_path
from vitam_operators.ui.metrics import CONTENT_TYPE, metrics
from vitam_operators.ui.overview import overview_of
from vitam_operators.ui.reading import night_of
from vitam_operators.ui.render import STYLE, render
from vitam_operators.ui.work import at_work

DAG_ID, RESTORE_ID = "vitam_backup", "vitam_restore"
ROOT = Path(__file__).parents[3]
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

app = FastAPI(
    title="Vitam backups",
    docs_url=None,
    redoc_url=None,
    openapi_url=None,
    dependencies=[Depends(get_user), Depends(requires_access_dag("GET", DagAccessEntity.RUN, DAG_ID))],
)


@app.middleware("http")
async def only_shown(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Forbid everything that a page which only shows does not need."""
    answer = await call_next(request)
    answer.headers.update(HEADERS)
    return answer


@app.exception_handler(VitamBackupError)
def cannot_read(request: Request, error: VitamBackupError) -> Response:
    """Say what is wrong with the platform file."""
    return _page(request, "problem.html", "UTC", status=500, message=error.message, hint=error.hint)


@app.exception_handler(OSError)
def cannot_list(request: Request, error: OSError) -> Response:
    """Say that the records are away."""
    hint = "look at `records` in the platform file, and whether Airflow's API server may read there"
    return _page(request, "problem.html", "UTC", status=500, message=f"records cannot be read: {error}", hint=hint)


@app.get("/", response_class=HTMLResponse)
def overview(request: Request) -> Response:
    """Show all backups of the platform."""
    platform, nights = _platform()
    found = overview_of(platform, nights, _now())
    work = at_work(nights, found.running) if found.running else []
    drawn: dict[str, Any] = {"timeline": charts.timeline(found.nights, found.now), "sizes": charts.sizes(found.nights)}
    return _page(request, "overview.html", platform.window.timezone, overview=found, work=work, **drawn)


@app.get("/backups/{label}", response_class=HTMLResponse)
def backup(request: Request, label: str) -> Response:
    """Show one backup."""
    platform, nights = _platform()
    known = LABEL.fullmatch(label) and nights.named(label).directory.exists()
    found = entry(nights.named(label)) if known else None
    if found is None:
        message, hint = f"there is no backup {label} of {platform.name}", "the page Vitam backups has all there are"
        return _page(request, "problem.html", platform.window.timezone, status=404, message=message, hint=hint)
    night = night_of(nights, found, now := _now())
    shown: dict[str, Any] = {
        "night": night,
        "now": now,
        "platform": platform,
        "work": at_work(nights, night) if night.running else [],
        "restore_dag": RESTORE_ID if DagModel.get_dagmodel(RESTORE_ID) else None,
    }
    return _page(request, "night.html", platform.window.timezone, **shown)


@app.get("/runs/{run_id:path}", response_class=HTMLResponse)
def run(request: Request, run_id: str) -> Response:
    """Show the last backup that a run opened, or drilled; say so when there is none."""
    platform, nights = _platform()
    for night in nights.newest_first():
        reader = Reader(night.directory)
        if run_id in (reader.read(OPEN).get("run_id"), reader.read(DRILLING).get("run_id")):
            return RedirectResponse(f"{airflow_path()}{PREFIX}/backups/{night.label}", status_code=307)
    message = f"the run {run_id} has no backup"
    hint = "before open_backup a night only looks, and stops nothing; its log of plan_night has all findings"
    return _page(request, "problem.html", platform.window.timezone, status=404, message=message, hint=hint)


@app.get("/metrics")
def openmetrics() -> Response:
    """Return the numbers for a monitoring."""
    platform, nights = _platform()
    return Response(metrics(overview_of(platform, nights, _now())), media_type=CONTENT_TYPE)


@app.get("/style.css")
def style() -> Response:
    """Return the page's colours and sizes."""
    return Response(STYLE, media_type="text/css")


def _platform() -> tuple[Platform, Nights]:
    platform = platform_at(str(platform_file(beside=ROOT)))
    return platform, nights_of(platform)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _page(request: Request, template: str, timezone: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Render a page; inside a frame of Airflow's UI it has no way out of the frame, so it shows no links to Airflow."""
    embedded = request.headers.get("sec-fetch-dest") == "iframe"
    links = {"base": f"{airflow_path()}{PREFIX}", "airflow": airflow_path(), "embedded": embedded}
    return HTMLResponse(render(template, timezone, **links, **values), status_code=status)
