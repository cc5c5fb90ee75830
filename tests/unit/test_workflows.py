"""No workflow may be taken for none: what processing counts in its metrics."""

from __future__ import annotations

from pathlib import Path

import pytest

from vitam_operators.workflows import METRIC, Workflows, count_workflows, read_workflows

RECORDED = (Path(__file__).parents[1] / "data" / "answers" / "processing_metrics.txt").read_text(encoding="utf-8")
HEADER = f"# HELP {METRIC} Vitam operations count per state and status\n# TYPE {METRIC} gauge\n"


def test_a_busy_processing():
    """RUNNING is waited for, PAUSE is listed, COMPLETED is over."""
    assert read_workflows(RECORDED) == Workflows(
        running=3, paused=4, names=("INGEST (STARTED) 2", "MASS_UPDATE (WARNING) 1")
    )


@pytest.mark.parametrize(
    ("samples", "running", "paused"),
    [
        ("", 0, 0),
        (f'{METRIC}{{workflow="INGEST",state="RUNNING",status="OK",}} 0.0\n', 0, 0),
        (f'{METRIC}{{workflow="INGEST",state="RUNNING",status="OK"}} 1\n', 1, 0),
        (f'{METRIC}{{state="RUNNING"}} 1.2E1\n', 12, 0),
        (f'{METRIC}{{workflow="INGEST",state="PAUSE",status="OK",}} 5.0\n', 0, 5),
        (f'{METRIC}{{workflow="X",state="RUNNING"}} 1.0\n{METRIC}{{workflow="Y",state="RUNNING"}} 2.0\n', 3, 0),
        (f'{METRIC}{{workflow="X",state="COMPLETED",status="KO"}} 7.0 1700000000000\n', 0, 0),
    ],
)
def test_counts(samples, running, paused):
    found = read_workflows(HEADER + samples)
    assert (found.running, found.paused) == (running, paused)


@pytest.mark.parametrize("metrics", ["", "jvm_threads_current 87.0\n", RECORDED.replace(METRIC, "other_total")])
def test_a_missing_metric_is_not_zero(metrics):
    """Vitam before 3.6 has no such metric: to read that as "drained" would cut workflows in two."""
    with pytest.raises(ValueError, match=f"no metric {METRIC} in the answer"):
        read_workflows(metrics)


@pytest.mark.parametrize(
    "sample",
    [f"{METRIC} 3.0", f'{METRIC}{{workflow="INGEST",status="OK"}} 3.0', f'{METRIC}{{state="RUNNING" 3.0'],
)
def test_a_sample_that_cannot_be_understood_is_not_zero(sample):
    with pytest.raises(ValueError, match="has a sample without a state"):
        read_workflows(f"{HEADER}{sample}\n")


def test_a_value_that_is_no_number_is_not_zero():
    with pytest.raises(ValueError, match="cannot convert float NaN"):
        read_workflows(f'{HEADER}{METRIC}{{state="RUNNING"}} NaN\n')


def test_the_question():
    command = count_workflows("10.0.0.5", 28203)
    assert command.line == ("curl --fail --silent --show-error --max-time 20 http://10.0.0.5:28203/admin/v1/metrics")
    assert command.read is read_workflows
