"""The metrics as a monitoring reads them."""

from __future__ import annotations

import datetime as dt

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from vitam_operators.catalogue import entries


def families(page):
    """What Prometheus makes of the answer."""
    answer = page.get("/metrics", "viewer")
    assert answer.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.text.endswith("# EOF\n")
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def value(found, name, **labels):
    (sample,) = [s for s in found[name].samples if labels.items() <= s.labels.items()]
    return sample.value


def test_a_monitoring_reads_what_the_page_says(page):
    page.full(5)
    found = families(page)
    newest = entries(page.nights)[0]
    assert value(found, "vitam_backup_last_success_timestamp_seconds") == newest.opened_at.timestamp()
    age_s = (dt.datetime.now(dt.UTC) - newest.opened_at).total_seconds()
    assert age_s - 60 < value(found, "vitam_backup_age_seconds") <= age_s
    assert value(found, "vitam_backup_size_bytes", platform="medium") == newest.size_bytes
    assert value(found, "vitam_backup_down_seconds") > 4 * 3600
    phases = {sample.labels["phase"] for sample in found["vitam_backup_phase_duration_seconds"].samples}
    assert phases == {"front", "drain", "back", "copy", "start", "after"}
    assert value(found, "vitam_backup_state", state=newest.state) == 1
    assert sum(sample.value for sample in found["vitam_backup_state"].samples) == 1
    assert value(found, "vitam_backup_running") == 0
    assert all(family.documentation and family.type == "gauge" for family in found.values())
    assert all(name.endswith(f"_{family.unit}") for name, family in found.items() if family.unit)


def test_a_night_in_progress_is_no_success_yet(page):
    page.full(2)
    before = value(families(page), "vitam_backup_last_success_timestamp_seconds")
    page.running()
    found = families(page)
    assert value(found, "vitam_backup_running") == 1
    assert value(found, "vitam_backup_last_success_timestamp_seconds") == before


def test_a_platform_without_backups(page):
    """No sample is better than a zero that looks like one."""
    page.empty()
    found = families(page)
    assert found["vitam_backup_age_seconds"].samples == []
    assert value(found, "vitam_backup_running") == 0
