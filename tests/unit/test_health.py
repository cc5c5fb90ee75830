"""Whether a service answers as a healthy one: curl's output and its value."""

from __future__ import annotations

import pytest

from vitam_operators import health


@pytest.mark.parametrize(("output", "status"), [("200", 200), ("503", 503), ("000", 0)])
def test_the_status(output, status):
    assert health.admin_status("10.0.0.5", 28203).read(output) == status


def test_nobody_answers_is_an_answer():
    """A service that is starting refuses connections (curl's 7): that is 0, not an error of the step."""
    command = health.admin_status("10.0.0.5", 28203)
    assert command.ok == {0, 7, 28, 52, 56}
    assert "--fail" not in command.line


@pytest.mark.parametrize(
    ("output", "version"),
    [('{"Scm-branch":"7.0.1"}\n', '{"Scm-branch":"7.0.1"}'), ("", "")],
)
def test_the_version_is_text(output, version):
    assert health.admin_version("10.0.0.5", 28203).read(output) == version


def test_the_questions():
    assert health.admin_status("10.0.0.5", 28203).line == (
        "curl --silent --output /dev/null --write-out '%{http_code}' --max-time 10 "
        "http://10.0.0.5:28203/admin/v1/status"
    )
    assert health.admin_version("10.0.0.5", 28203).line == (
        "curl --silent --max-time 10 http://10.0.0.5:28203/admin/v1/version"
    )
