"""Who may see the page: Airflow mounts it open to everybody, so it has to ask itself."""

from __future__ import annotations

import pytest

from tests.ui.page import SECRETS

LABEL = "20260101T190000Z"
ROUTES = ("/", f"/backups/{LABEL}", "/runs/manual__x", "/metrics", "/style.css")


@pytest.mark.parametrize("route", ROUTES)
def test_nobody_sees_anything_without_login(page, route):
    answer = page.get(route)
    assert answer.status_code == 401
    assert page.platform.name not in answer.text


@pytest.mark.parametrize("route", ROUTES)
def test_a_user_without_rights_sees_nothing(page, route):
    """Logged in is not enough: FAB's role Public is logged in, too."""
    answer = page.get(route, user="nobody")
    assert answer.status_code == 403
    assert page.platform.name not in answer.text


def test_a_viewer_sees_it(page):
    page.full(2)
    assert page.get("/", user="viewer").status_code == 200


def test_no_secret_is_shown(page):
    """The platform of these nights has connections with passwords, and its records stand in their names."""
    page.full(3)
    shown = [page.get(route, "admin").text for route in ("/", "/metrics", *details(page))]
    assert len(shown) == 5
    assert [secret for secret in SECRETS.values() for text in shown if secret in text] == []


def test_what_an_operator_wrote_is_text(page):
    """The note of a night comes from a form that everybody who may trigger it can fill in."""
    night = next(iter(page.full(1).nights.newest_first()))
    night.write("open", night.opened | {"note": "<script>alert(1)</script>"})
    night.write("manifest", (night.read("manifest") or {}) | {"note": "<script>alert(1)</script>"})
    answer = page.get(f"/backups/{night.label}", "admin")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    assert "<script" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("label", ["20260101T190000Z", "%2e%2e", "..%2f..%2fetc", "open.json"])
def test_what_is_no_backup_is_not_found(page, label):
    page.full(1)
    assert page.get(f"/backups/{label}", "admin").status_code == 404


def details(page):
    return [f"/backups/{night.label}" for night in page.nights.newest_first()]
