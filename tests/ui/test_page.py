"""What a person sees on the page, in Chromium: empty, full, a night that failed, one that runs; light and dark."""

from __future__ import annotations

import datetime as dt
from urllib.parse import quote

import pytest

from tests.fakes.told import starts
from vitam_operators.parts import all_parts


def overview(page, browser, *, dark=False):
    """The page, opened."""
    browser.open(f"{page.url}/", dark=dark)
    return browser


def test_an_empty_page_says_what_to_do_first(page, browser):
    page.empty()
    seen = overview(page, browser)
    assert seen.words("h1") == "No backup of medium yet"
    assert "Plan only" in seen.words()
    assert "20:00 (Europe/Paris)" in seen.words()
    assert seen.complaints() == []


def test_the_first_screen_answers_the_questions(page, browser):
    """Is the last backup good and how old, how long was Vitam down, how big, does the next fit, is it proved?"""
    page.full()
    seen = overview(page, browser)
    assert "The last backup of medium is good" in seen.words("h1")
    told = dict(zip(*[[e.text for e in seen.all(f".cards {part}")] for part in ("dt", "dd.big")], strict=True))
    assert told["Last good backup"].endswith(" old")
    assert told["Vitam was down"].endswith(" min")
    assert told["Size"].endswith(" GiB")
    assert told["Does the next one fit?"] == "yes"
    assert told["Was a restore proved?"].endswith(" ago")
    assert len(seen.all("table tbody tr th[scope=row]")) == 2 * 30
    assert "incomplete, not sealed" in seen.words()
    assert "task copy_shard[1] failed" in seen.words()
    assert seen.complaints() == []


def test_a_failed_last_night_is_the_first_word(page, browser):
    """A page that begins with yesterday's success hides what an operator has to do this morning."""
    page.full(4)
    newest = page.nights.newest_first()[0]
    for name in ("manifest", "drill"):
        (newest.directory / f"{name}.json").unlink(missing_ok=True)
    newest.write(
        "conclusion",
        {**newest.read("conclusion"), "state": "incomplete", "platform_up": False, "findings": ["data1 is down"]},
    )
    seen = overview(page, browser)
    assert "brought no other" in seen.words("h1")
    assert "the platform is not all up" in seen.words(".cards")
    assert "data1 is down" in seen.words("#backups")
    seen.open(f"{page.url}/backups/{newest.label}")
    assert "incomplete, not sealed" in seen.words("h1")
    assert "data1 is down" in seen.words("section")
    assert "Restore it" not in seen.words()
    assert seen.complaints() == []


def test_a_night_in_progress_says_what_it_does(page, browser):
    page.full(4)
    told = page.running()
    seen = overview(page, browser)
    progress = seen.words("section[aria-labelledby=progress]")
    assert told.label in progress
    assert "Vitam has been down for 4 h" in progress
    assert "copies are made" in seen.words(".steps .now")
    parts = len(all_parts(page.platform))
    assert f"{parts - 3} of {parts} parts are copied" in progress
    assert "copying mongo-data-shard0 on data1" in progress
    assert "The last backup of medium is good" in seen.words("h1")
    assert seen.one("meta[http-equiv=refresh]").get_attribute("content") == "15"
    told.restart(begun_only=True)
    assert "units and replica sets are healthy again" in overview(page, browser).words()


def test_one_backup_says_what_is_in_it(page, browser):
    page.full(2)
    night = page.nights.newest_first()[0]
    seen = overview(page, browser)
    seen.one(f"table a[href$='{night.label}']").click()
    manifest = night.read("manifest")
    text = seen.words()
    assert all(part["sha256"] in text for part in manifest["parts"].values())
    documents = [sum(part["mongodb"]["counts"].values()) for part in manifest["parts"].values() if "mongodb" in part]
    assert max(documents) > 800_000
    assert all(f"{number:,}".replace(",", "\u202f") in text for number in documents)
    assert "the platform file, and Airflow" in seen.one("details li:last-child").get_attribute("textContent")
    assert f"""airflow dags trigger vitam_restore_drill --conf '{{"backup": "{night.label}"}}'""" in text
    assert seen.one(f"a[href$='/dags/vitam_backup/runs/{quoted(manifest['run_id'])}']")
    assert seen.complaints() == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_can_be_read(page, browser, dark):
    """WCAG 2 AA: 4.5 to 1, whatever the text is on."""
    page.full(14).running()
    seen = overview(page, browser, dark=dark)
    for summary in seen.all("summary"):
        summary.click()
    assert seen.poor_contrasts() == []
    behind = seen.driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, behind[4:-1].split(","))) < 200) == dark
    for night in page.nights.newest_first()[:2]:
        seen.open(f"{page.url}/backups/{night.label}", dark=dark)
        assert seen.poor_contrasts() == []
    page.empty()
    overview(page, browser, dark=dark)
    assert seen.poor_contrasts() == []


def test_who_does_not_see_hears_the_same(page, browser):
    """One h1, headings in order, tables with headers, drawings with words, no picture without."""
    page.full(5).running()
    for url in (f"{page.url}/", f"{page.url}/backups/{page.nights.newest_first()[1].label}"):
        seen = browser.open(url)
        levels = [int(e.tag_name[1]) for e in seen.all("h1, h2, h3")]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert max(levels) <= 2
        assert seen.one("html").get_attribute("lang") == "en"
        for table in seen.all("table"):
            assert table.find_elements("css selector", "thead th[scope=col]")
            assert table.find_elements("css selector", "tbody th[scope=row]")
        for drawing in seen.all("svg:not([aria-hidden=true])"):
            assert drawing.get_attribute("role") == "img"
            named = [seen.one(f"#{name}") for name in drawing.get_attribute("aria-labelledby").split()]
            assert all(element.get_attribute("textContent").strip() for element in named)
        assert seen.all("img:not([alt])") == []
        assert len(seen.all("main")) == 1


def test_it_needs_no_script(page):
    """Not a line of JavaScript: whatever the browser forbids, the page is whole."""
    page.full(2)
    assert "<script" not in page.get("/", "admin").text


def test_records_that_cannot_be_read_spoil_their_own_night_alone(page, browser):
    page.full(3)
    newest, second, _ = page.nights.newest_first()
    (newest.directory / "manifest.json").write_text("{", encoding="utf-8")
    (second.directory / "conclusion.json").write_text("[]", encoding="utf-8")
    seen = overview(page, browser)
    assert "damaged" in seen.words("#backups")
    seen.open(f"{page.url}/backups/{newest.label}")
    assert "manifest.json cannot be read" in seen.words()


def test_an_old_backup_is_told_as_old(page, browser):
    """The day on which nobody looks is the day on which the nights have stopped."""
    page.empty()
    page.night(starts(page.platform, dt.datetime.now(dt.UTC), 20)[0]).good()
    seen = overview(page, browser)
    assert "nights have brought no other" in seen.words("h1")
    assert "bad" in seen.one(".cards > div").get_attribute("class")


def quoted(run_id):
    return quote(run_id, safe="/")
