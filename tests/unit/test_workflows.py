"""Processing is asked for its metrics."""

from __future__ import annotations

from vitam_operators.service_answers import read_workflows
from vitam_operators.workflows import count_workflows


def test_the_question():
    command = count_workflows("10.0.0.5", 28203)
    assert command.line == ("curl --fail --silent --show-error --max-time 20 http://10.0.0.5:28203/admin/v1/metrics")
    assert command.read is read_workflows
