"""
What Vitam's services and Elasticsearch answer, read into values.

Each function takes the text of one answer. What is not of the expected shape is an error that names what was found:
nothing that was not understood is taken for "none runs". Unless said otherwise the shapes are those of
``ProgrammeVitam/vitam`` at 4.0.7, 5.3, 6.2 and 7.0.1; line numbers are those of 7.0.1, below ``sources/``.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import Any

METRIC = "vitam_processing_workflow_operation_total"
RUNNING, PAUSE, COMPLETED = "RUNNING", "PAUSE", "COMPLETED"
STATES = (RUNNING, PAUSE, COMPLETED)
HEALTHS = ("green", "yellow", "red")
CLOCKS_APART_S = 60
"""What Vitam's services tolerate between their clock and that of a signature (``criticalRequestTime``)."""

SHOWN_CHARACTERS = 120
_HEAD = re.compile(rf"^# (?:HELP|TYPE) {METRIC}\b", re.MULTILINE)
_SAMPLE = re.compile(rf'^{METRIC}[ \t]*{{(?P<labels>(?:[^"}}]|"(?:[^"\\]|\\.)*")*)}}[ \t]+(?P<value>\S+)')
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_TITLE = re.compile(r"<title>(.*?)</title>", re.IGNORECASE | re.DOTALL)


class AnswerError(ValueError):
    """An answer is not what its service gives; the words say what was found and what was expected."""


@dataclass(frozen=True)
class Workflows:
    """
    How many workflows processing knows, by state.

    :param running: they change data; the platform must not stop
    :param paused: they wait for an operator and are kept on disk; listed, not waited for
    :param names: what runs, for the log: ``INGEST (STARTED) 2``
    """

    running: int
    paused: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class AdminStatus:
    """
    What ``/admin/v1/status`` says.

    :param name: the host's name for itself
    :param role: the component that answers
    :param healthy: ``status``
    """

    name: str
    role: str
    healthy: bool


def read_current_jobs(text: str | bytes) -> tuple[str, ...]:
    """
    Return the keys of the jobs that Quartz runs now, as ``Logbook.OperationTraceabilityJob``, from ``current-jobs``.

    A key is group, dot, name (Quartz's ``Key.toString``); the answer is a ``RequestResponseOK`` of ``VitamJobDetail``
    (``scheduler/scheduler-server/…/server/model/VitamJobDetail.java:37`` and ``:74``, ``…/SchedulerResource.java:73``;
    6.2 and 7.0.1). Nobody sets its ``httpCode``, which is 0 (``common/common-public/…/model/RequestResponse.java:54``).

    :raises AnswerError: as said above; also a job without a key
    """
    answer = _json(text)
    results = answer.get("$results") if isinstance(answer, dict) else None
    if not isinstance(results, list):
        raise AnswerError(f"the list $results of the jobs is missing: {_shown(text)}")
    return tuple(_key(job) for job in results)


def _key(job: Any) -> str:
    key = job.get("Key") if isinstance(job, dict) else None
    if not isinstance(key, str) or not all(key.partition(".")):
        raise AnswerError(f'a job without a "Key" of the form group.name: {_shown(json.dumps(job))}')
    return key


def read_job_state(text: str | bytes) -> str:
    """
    Return the state of a job's triggers, from ``job-state``: ``NORMAL``, ``PAUSED``, …; ``NONE`` when it has none.

    Vitam 7 has the question, 6.2 has not (``…/SchedulerResource.java:139-166``); the states are Quartz's
    (quartz-scheduler.org/api/2.3.0/org/quartz/Trigger.TriggerState.html). No trigger: an empty list of results.

    :raises AnswerError: as said above
    """
    answer = _json(text)
    results = answer.get("$results") if isinstance(answer, dict) else None
    if not isinstance(results, list) or not all(isinstance(state, str) for state in results):
        raise AnswerError(f"the list $results with the state of a job is missing: {_shown(text)}")
    return str(results[0]) if results else "NONE"


def group_of(job: str) -> str:
    """Return Quartz's group of a job: what stands before the first dot of its key."""
    return job.partition(".")[0]


def read_workflows(text: str | bytes) -> Workflows:
    """
    Return how many workflows processing knows, from ``/admin/v1/metrics`` (Prometheus text, Vitam 3.6 and later).

    The collector makes one sample for each kind, state and status that occurs, so that an idle processing has the
    metric's head alone (``processing/processing-common/…/metrics/ProcessWorkflowMetricsCollector.java:64-77``,
    ``common/common-private/…/metrics/VitamMetricsNames.java:98``; states: ``ProcessState.java``).

    :raises AnswerError: no head of the metric, or a sample that is not as expected: nothing can be said of workflows
    """
    metrics = _text(text)
    if not _HEAD.search(metrics):
        raise AnswerError(f"no metric {METRIC} in the answer: {_shown(metrics)}")
    samples = [_sample(line) for line in metrics.splitlines() if re.match(rf"{METRIC}\b", line)]
    counted = {state: [(labels, n) for labels, n in samples if labels["state"] == state and n] for state in STATES}
    names = (f"{labels.get('workflow', '?')} ({labels.get('status', '?')}) {n}" for labels, n in counted[RUNNING])
    running, paused = (sum(n for _, n in counted[state]) for state in (RUNNING, PAUSE))
    return Workflows(running=running, paused=paused, names=tuple(names))


def _sample(line: str) -> tuple[dict[str, str], int]:
    found = _SAMPLE.match(line)
    labels = dict(_LABEL.findall(found["labels"])) if found else {}
    if found is None or labels.get("state") not in STATES:
        raise AnswerError(f"metric {METRIC} has a sample whose state is none of {', '.join(STATES)}: {_shown(line)}")
    try:
        value = float(found["value"])
        if value < 0 or value != int(value):
            raise ValueError
    except (ValueError, OverflowError):
        raise AnswerError(f"metric {METRIC} has a sample that is no number of workflows: {_shown(line)}") from None
    return labels, int(value)


def read_status(text: str | bytes) -> AdminStatus:
    """
    Return what a service says of itself on its admin port.

    It is 200 as soon as the web server of the service answers: ``getResourcesStatus`` is a constant
    (``…/server/application/resources/BasicVitamStatusServiceImpl.java:39``), only ``/admin/v1/autotest`` asks databases
    and other services. Shape: ``…/AdminStatusResource.java:119``, ``common/common-public/…/AdminStatusMessage.java``.

    :raises AnswerError: as said above
    """
    answer = _json(text)
    identity = answer.get("serverIdentity") if isinstance(answer, dict) else None
    if not isinstance(identity, dict) or not isinstance(answer.get("status"), bool):
        raise AnswerError(f"no status of a Vitam service (serverIdentity, status): {_shown(text)}")
    return AdminStatus(str(identity.get("Name", "?")), str(identity.get("Role", "?")), answer["status"])


def read_versions(text: str | bytes) -> tuple[str, ...]:
    """
    Return the versions of the parts of a service, each once: one, unless it is installed in a mixture.

    The answer is a list with the manifest of each of its own jars; ``Maven-version`` is Vitam's version
    (``…/server/application/resources/VersionHelper.java:65`` and ``:104``).

    :raises AnswerError: as said above
    """
    answer = _json(text)
    if not isinstance(answer, list) or not all(isinstance(part, dict) for part in answer):
        raise AnswerError(f"no list of the parts of a Vitam service: {_shown(text)}")
    return tuple(dict.fromkeys(str(part["Maven-version"]) for part in answer if part.get("Maven-version")))


def read_elasticsearch_version(text: str | bytes) -> str:
    """
    Return Elasticsearch's version, from ``GET /``.

    Shape: elastic.co/guide/en/elasticsearch/reference/7.17/rest-api-root.html.

    :raises AnswerError: as said above: somebody else listens on the port
    """
    answer = _json(text)
    version = answer.get("version") if isinstance(answer, dict) else None
    number = version.get("number") if isinstance(version, dict) else None
    if not isinstance(number, str) or not number:
        raise AnswerError(f"no version.number of Elasticsearch: {_shown(text)}")
    return number


def read_elasticsearch_health(text: str | bytes) -> str:
    """
    Return ``green``, ``yellow`` or ``red`` (elastic.co/guide/en/elasticsearch/reference/7.17/cluster-health.html).

    :raises AnswerError: as said above
    """
    answer = _json(text)
    status = answer.get("status") if isinstance(answer, dict) else None
    if status not in HEALTHS:
        raise AnswerError(f"no status of Elasticsearch ({', '.join(HEALTHS)}): {_shown(text)}")
    return str(status)


def refusal_of(page: str | bytes) -> str:
    """
    Return what may be wrong when a service on a business port answers 401.

    Secret and time stamp are checked before anything else; the answer is the web server's own page, in HTML
    (``…/security/filter/AuthorizationFilter.java:73``, ``…/RequestAuthorizationValidator.java:104-122``).
    """
    return (
        f"401, {page_words(page)}: the platform secret is not this platform's, or the clocks of Airflow and the host "
        f"are more than {CLOCKS_APART_S} s apart"
    )


def _text(text: str | bytes) -> str:
    if isinstance(text, str):
        return text
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise AnswerError(f"text that is not UTF-8 (byte {error.start}): {_shown(text)}") from None


def _json(text: str | bytes) -> Any:
    words = _text(text)
    if words.lstrip().startswith("<"):
        raise AnswerError(f"a page in HTML instead of JSON: {page_words(words)}")
    try:
        return json.loads(words)
    except (ValueError, RecursionError):
        raise AnswerError(f"no JSON: {_shown(words) if words.strip() else 'an empty answer'}") from None


def page_words(page: str | bytes) -> str:
    """Return what an answer that nobody expected says, in a line: the title of a page, the begin of anything else."""
    words = page if isinstance(page, str) else page.decode(errors="replace")
    title = _TITLE.search(words)
    return _shown(html.unescape(title[1])) if title else _shown(words)


def _shown(text: str | bytes) -> str:
    words = text if isinstance(text, str) else text.decode(errors="replace")
    line = " ".join(words.split())
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]}…"
