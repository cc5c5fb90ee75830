"""The page's place in Airflow: the ways to it, the ways from it, the form of a night."""

from __future__ import annotations

import datetime as dt

import pytest

from lab.night_watch import DAG_ID, DRILL_ID, RESTORE_ID, NightWatch


@pytest.fixture(scope="module")
def run_id(page):
    """A run of the paused DAG, which never begins."""
    watch = NightWatch(page.stack)
    moment = dt.datetime.now(dt.UTC).isoformat()
    answer = watch.post("/dags/vitam_backup/dagRuns", {"dag_run_id": "manual__the+page", "logical_date": moment})
    return answer["dag_run_id"]


WAY = "a[href*='vitam-backups']"


def test_airflow_shows_the_way_to_the_page(page, browser):
    """In the menu Browse of Airflow itself, which takes a moment to unfold."""
    browser.open(page.stack.url)
    browser.until(lambda d: d.find_elements("xpath", "//*[normalize-space()='Browse']"))
    browser.driver.find_elements("xpath", "//*[normalize-space()='Browse']")[-1].click()
    ways = browser.until(lambda d: [a.text.strip() for a in d.find_elements("css selector", WAY) if a.text.strip()])
    assert ways == ["Vitam backups"]
    assert browser.complaints() == []


@pytest.mark.parametrize("task", ["open_backup", "stop_processing", "await_workflows_drained", "conclude_night"])
def test_a_task_shows_the_way_to_its_backup(page, run_id, task):
    """Plain and mapped tasks, sensors, too; nothing has to have run for it."""
    watch = NightWatch(page.stack)
    steps = [step for step in watch.steps(run_id) if step["task_id"] == task]
    path = f"/dags/vitam_backup/dagRuns/{run_id.replace('+', '%2B')}/taskInstances/{task}/links"
    links = watch.get(path, **({"map_index": steps[0]["map_index"]} if steps[0]["map_index"] >= 0 else {}))
    assert links["extra_links"] == {"Vitam backup": "/vitam-backups/runs/manual__the%2Bpage"}


def test_a_run_shows_its_backup(page, browser, run_id):
    """A tab of the run has the page in a frame, without links that would nest Airflow in itself."""
    page.full(1)
    night = page.nights.newest_first()[0]
    for name in ("open", "manifest"):
        night.write(name, (night.read(name) or {}) | {"run_id": run_id})
    answer = page.client("admin").get(
        "/vitam-backups/runs/manual__the%2Bpage", headers={"Sec-Fetch-Dest": "iframe", "Accept": "text/html"}
    )
    assert answer.url.path == f"/vitam-backups/backups/{night.label}"
    assert "<header" not in answer.text
    assert "/dags/" not in answer.text


def test_a_run_without_backup_says_why(page):
    answer = page.get("/runs/manual__looked_only", "admin")
    assert answer.status_code == 404
    assert "has no backup" in answer.text


def test_the_form_of_a_night_can_be_filled_in(page, browser):
    """Each field has a title that an operator understands, and nothing breaks in the browser."""
    browser.open(f"{page.stack.url}/dags/vitam_backup")
    button = "//button[contains(normalize-space(), 'Trigger')]"
    browser.until(lambda d: d.find_elements("xpath", button))[0].click()
    for title in ("Plan only", "Until", "Securing of the logbooks", "What is copied", "Note"):
        browser.says(title)
    assert browser.complaints() == []


@pytest.mark.parametrize("dag_id", [DRILL_ID, RESTORE_ID, DAG_ID])
def test_a_form_is_sent_as_it_opens(page, browser, dag_id):
    """Kind: a required field that is empty greys *Trigger* out. Nobody types anything here, and a run is there."""
    watch = NightWatch(page.stack, dag_id)
    before = watch.get(f"/dags/{dag_id}/dagRuns")["total_entries"]
    browser.open(f"{page.stack.url}/dags/{dag_id}")
    opens, sends = "//button[contains(., 'Trigger')]", "//*[@role='dialog']//button[normalize-space()='Trigger']"
    browser.until(lambda d: d.find_elements("xpath", opens))[0].click()
    browser.until(lambda d: any(button.is_enabled() for button in d.find_elements("xpath", sends)))
    browser.driver.find_elements("xpath", sends)[-1].click()
    browser.until(lambda _: watch.get(f"/dags/{dag_id}/dagRuns")["total_entries"] == before + 1)
