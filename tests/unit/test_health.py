"""Whether a service answers as a healthy one: curl's output and its value."""

from __future__ import annotations

import pytest

from vitam_operators import health
from vitam_operators.curl import UnansweredError


@pytest.mark.parametrize("status", [200, 503, 404])
def test_the_status(status):
    assert health.admin_status("10.0.0.5", 28203).read(f"{{}}\n{status}") == status


@pytest.mark.parametrize("exit_status", [7, 28, 52, 56])
def test_nobody_answers_is_an_answer(exit_status):
    """A service that is starting refuses connections (curl's 7): that is 0, not an error of the step."""
    assert health.admin_status("10.0.0.5", 28203).read_failure(exit_status, "curl: ...") == 0
    assert health.admin_version("10.0.0.5", 28203).read_failure(exit_status, "curl: ...") == ""


def test_a_name_that_does_not_resolve_is_no_service_that_starts():
    with pytest.raises(UnansweredError, match="the name does not resolve there: Could not resolve host: app"):
        health.admin_status("app", 28203).read_failure(6, "curl: (6) Could not resolve host: app")


@pytest.mark.parametrize(
    ("answer", "version"),
    [('[{"Maven-version": "7.0.1"}, {"Maven-version": "7.0.1"}]\n200', "7.0.1"), ("no\n404", ""), ("<html>\n200", "")],
)
def test_the_version(answer, version):
    """It is a note in the manifest: whoever tells none is not ill."""
    assert health.admin_version("10.0.0.5", 28203).read(answer) == version


def status(role, *, healthy):
    return f'{{"serverIdentity": {{"Name": "app", "Role": "{role}"}}, "status": {str(healthy).lower()}}}'


@pytest.mark.parametrize("role", ["logbook", "UnknownRole"])
def test_a_service_that_is_healthy(role):
    """A service that nobody gave a name has Vitam's default."""
    asked = health.healthy("logbook", "10.0.0.5", 29002)
    assert asked.read(f"{status(role, healthy=True)}\n200") == "logbook is healthy"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (f"{status('metadata', healthy=True)}\n200", "metadata answers there, expected logbook"),
        (f"{status('logbook', healthy=False)}\n200", "logbook says that it is not healthy"),
        (f"{status('logbook', healthy=False)}\n503", "503"),
        ("<html><title>Welcome to nginx!</title></html>\n200", "Welcome to nginx!"),
    ],
)
def test_a_service_that_is_not(answer, words):
    with pytest.raises(UnansweredError, match=words):
        health.healthy("logbook", "10.0.0.5", 29002).read(answer)
