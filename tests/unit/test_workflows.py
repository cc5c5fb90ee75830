"""Processing is asked for its metrics."""

from __future__ import annotations

import pytest

from vitam_operators.curl import UnansweredError
from vitam_operators.workflows import count_workflows

METRIC = "vitam_processing_workflow_operation_total"
ASKED = count_workflows("10.0.0.5", 28203)


def test_the_question():
    assert ASKED.line.endswith(" http://10.0.0.5:28203/admin/v1/metrics")
    assert ASKED.read(f"# TYPE {METRIC} gauge\n\n200").running == 0


@pytest.mark.parametrize("output", ["\n200", "jvm_threads_current 87.0\n200", f"# TYPE {METRIC} gauge\n\n503"])
def test_what_is_not_understood_is_not_zero(output):
    with pytest.raises(UnansweredError):
        ASKED.read(output)


def test_nobody_there_is_not_zero():
    with pytest.raises(UnansweredError, match="refused, nobody listens there"):
        ASKED.read_failure(7, "curl: (7) Failed to connect: Connection refused")
