"""What Vitam answers: the samples written after its classes, the lab's stand-ins, and the parsers agree."""

from __future__ import annotations

import json
import re
from collections import Counter
from email.message import Message

import pytest

from lab.services import elasticsearch
from lab.services.processing import COMPLETED, PAUSED, RUNNING, metrics
from lab.services.scheduler import current_jobs, job_state, refused
from lab.services.vitam_service import VitamService
from lab.services.web import Request, error_page
from tests.conftest import ROOT
from vitam_operators import service_answers
from vitam_operators.securing import scheduler_signature
from vitam_operators.service_answers import METRIC, AnswerError, Workflows

SAMPLES = ROOT / "tests" / "data" / "vitam"
TAGS = ("4.0.7", "5.3", "6.2", "7.0.1")
WITH_SCHEDULER = ("6.2", "7.0.1")
FREE = {"componentsVersions", "JobDataMap", "detail"}
"""Objects whose keys are data."""


def sample(tag: str, name: str) -> str:
    return (SAMPLES / tag / name).read_text(encoding="utf-8")


def shape(value: object, key: str = "") -> object:
    """Keys and types of an answer; of a list, those of its elements, each kind once."""
    if isinstance(value, dict):
        return {} if key in FREE else {name: shape(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        kinds = [shape(inner) for inner in value]
        return [kind for at, kind in enumerate(kinds) if kind not in kinds[:at]]
    return type(value).__name__


def service(component: str = "logbook") -> VitamService:
    settings = {"component": component, "address": "10.0.0.1", "version": "7.0.1", "mongo": {}}
    return VitamService({**settings, "admin_port": 0, "service_port": 0})


@pytest.fixture
def elastic(tmp_path, monkeypatch) -> elasticsearch.Elasticsearch:
    monkeypatch.setattr(elasticsearch, "DATA", tmp_path)
    return elasticsearch.Elasticsearch("7.0.1")


def get(path: str) -> Request:
    return Request("GET", path, Message())


# --- samples ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", TAGS)
def test_every_sample_names_its_source(tag):
    """Without it nobody can say whether a sample is Vitam's answer or our own invention."""
    sources = json.loads(sample(tag, "sources.json"))
    assert set(sources) == {path.name for path in (SAMPLES / tag).iterdir()} - {"sources.json"}
    own = re.compile(rf"ProgrammeVitam/vitam@{re.escape(tag)} \S+|https://www\.elastic\.co/guide/\S+")
    assert [source for found in sources.values() for source in found if not own.match(source)] == []


@pytest.mark.parametrize("tag", WITH_SCHEDULER)
def test_the_jobs_of_the_stand_in_have_the_shape_of_vitams(tag):
    busy = json.loads(sample(tag, "current-jobs.json"))
    assert shape(current_jobs(["Logbook.OperationTraceabilityJob"])) == shape(busy)
    assert current_jobs([]) == json.loads(sample(tag, "current-jobs-idle.json"))
    assert current_jobs([])["httpCode"] == 0, "nobody sets it, whatever the HTTP status"


def test_the_state_of_a_job_has_the_shape_of_vitams():
    """Vitam 7 alone has the question."""
    known = json.loads(sample("7.0.1", "job-state.json"))
    assert job_state(paused=False) == known
    assert service_answers.read_job_state(json.dumps(known)) == "NORMAL"
    assert service_answers.read_job_state(json.dumps(job_state(paused=True))) == "PAUSED"
    assert service_answers.read_job_state(json.dumps(known | {"$results": []})) == "NONE"


@pytest.mark.parametrize("answer", ["{}", "[]", '{"$results": [{"Key": "a.b"}]}', '{"$results": "NORMAL"}', ""])
def test_a_state_that_is_not_understood_is_none(answer):
    with pytest.raises(AnswerError):
        service_answers.read_job_state(answer)


@pytest.mark.parametrize("tag", TAGS)
def test_the_admin_answers_of_the_stand_in_have_the_shape_of_vitams(tag):
    for path, name in [("status", "admin-status"), ("version", "admin-version"), ("autotest", "admin-autotest")]:
        answer = service("processing").answer_admin(get(f"/admin/v1/{path}"))
        assert (answer.status, shape(answer.body)) == (200, shape(json.loads(sample(tag, f"{name}.json"))))


@pytest.mark.parametrize("tag", TAGS)
def test_the_metrics_of_the_stand_in_have_the_shape_of_vitams(tag):
    """An idle processing has the head of the metric and no sample."""

    def lines(text: str) -> list[str]:
        own = (line for line in text.splitlines() if METRIC in line)
        return [re.sub(r'"\w+"', '"X"', line.rpartition(" ")[0] if line[0] != "#" else line) for line in own]

    busy = metrics(Counter({RUNNING: 2, PAUSED: 1, COMPLETED: 4}))
    assert set(lines(busy)) == set(lines(sample(tag, "processing-metrics.txt")))
    assert lines(metrics(Counter({RUNNING: 0}))) == lines(sample(tag, "processing-metrics-idle.txt"))


@pytest.mark.parametrize("tag", WITH_SCHEDULER)
def test_the_elasticsearch_of_the_stand_in_has_the_shape_of_elastics(elastic, tag):
    for path, name in [("/", "elasticsearch"), ("/_cluster/health", "elasticsearch-health")]:
        wanted = json.loads(sample(tag, f"{name}.json"))
        assert shape(elastic.answer(get(path)).body) == shape(wanted)
    number = json.loads(sample(tag, "elasticsearch.json"))["version"]["number"]
    assert elastic.root()["version"]["number"] == number


# --- who is refused ---------------------------------------------------------------------------------------------------


def signed(secret: str = "s", stamp: int = 1_700_000_000, **other: str) -> Request:
    headers = Message()
    for name, value in (scheduler_signature(secret, stamp) | other).items():
        headers[name] = value
    return Request("GET", "/scheduler/v1/current-jobs", headers)


@pytest.mark.parametrize("off_s", [0, 10, 60, -60])
def test_the_stand_in_takes_what_vitam_takes(off_s):
    """Vitam warns from 10 s on, and refuses from 61 s on."""
    assert refused(signed(), "s", 1_700_000_000.9 + off_s) is None


@pytest.mark.parametrize(
    ("request_", "off_s"),
    [
        (signed(), 61),
        (signed(), -61),
        (signed("t"), 0),
        (signed(**{"X-Platform-Id": scheduler_signature("s", 1_700_000_000)["X-Platform-Id"].upper()}), 0),
        (get("/scheduler/v1/current-jobs"), 0),
    ],
)
def test_the_stand_in_refuses_what_vitam_refuses(request_, off_s):
    answer = refused(request_, "s", 1_700_000_000.0 + off_s)
    assert answer is not None
    assert (answer.status, answer.body) == (401, sample("7.0.1", "unauthorized.html"))


def test_a_time_stamp_that_is_no_number_breaks_vitams_check():
    """``Long.parseLong`` throws, which is the server's own error."""
    answer = refused(signed(**{"X-Timestamp": "soon"}), "s", 0)
    assert answer is not None
    assert answer.status == 500


def test_a_refusal_says_what_to_look_at():
    assert service_answers.refusal_of(sample("7.0.1", "unauthorized.html")) == (
        '401, Error 401 {"Error":"Authorization headers check failed!"}: the platform secret is not this '
        "platform's, or the clocks of Airflow and the host are more than 60 s apart"
    )


# --- parsers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", WITH_SCHEDULER)
def test_current_jobs_are_read(tag):
    jobs = service_answers.read_current_jobs(sample(tag, "current-jobs.json"))
    assert jobs == (
        "Logbook.OperationTraceabilityJob",
        "Logbook.TraceabilityLFCUnitJob",
        "Offer.OfferLogCompactionJob_offer-fs-1",
    )
    assert [service_answers.group_of(job) for job in jobs] == ["Logbook", "Logbook", "Offer"]
    assert service_answers.read_current_jobs(sample(tag, "current-jobs-idle.json").encode()) == ()
    assert service_answers.read_current_jobs(json.dumps(current_jobs(["DEFAULT.a.b"]))) == ("DEFAULT.a.b",)
    assert service_answers.group_of("DEFAULT.a.b") == "DEFAULT"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("", "no JSON: an empty answer"),
        ("[", "no JSON: \\["),
        ("[" * 100_000, "no JSON"),
        (b"\xff\xfe", "not UTF-8 \\(byte 0\\)"),
        ("<html><title>Squid &amp; Co</title>", "a page in HTML instead of JSON: Squid & Co"),
        ("<h1>no title</h1>", "a page in HTML instead of JSON: <h1>no title</h1>"),
        ("null", "the list \\$results of the jobs is missing: null"),
        ("{}", "the list \\$results of the jobs is missing: {}"),
        ('{"$results": {}}', "the list \\$results of the jobs is missing"),
        ('{"$results": null}', "the list \\$results of the jobs is missing"),
        ('{"httpCode": 500, "message": "no"}', '"message": "no"'),
        ('{"$results": [{"name": "A", "group": "Logbook"}]}', '"Key" of the form group.name: .*"name": "A"'),
        ('{"$results": ["Logbook.A"]}', '"Key" of the form group.name: "Logbook.A"'),
        ('{"$results": [{"Key": null}]}', '"Key" of the form'),
        ('{"$results": [{"Key": "A"}]}', '"Key" of the form'),
        ('{"$results": [{"Key": ".A"}]}', '"Key" of the form'),
        ('{"$results": [{"Key": "Logbook."}]}', '"Key" of the form'),
        ('{"$results": [{"Key": "Logbook.A"}, {}]}', '"Key" of the form group.name: {}'),
    ],
)
def test_no_answer_is_not_an_idle_scheduler(answer, words):
    """Read as "none runs", it would stop the platform in the middle of a securing."""
    with pytest.raises(AnswerError, match=words):
        service_answers.read_current_jobs(answer)


@pytest.mark.parametrize("tag", TAGS)
def test_workflows_are_read(tag):
    """RUNNING is waited for, PAUSE is listed, COMPLETED is over."""
    assert service_answers.read_workflows(sample(tag, "processing-metrics.txt")) == Workflows(
        running=3, paused=1, names=("INGEST (STARTED) 2", "TRACEABILITY (OK) 1")
    )
    assert service_answers.read_workflows(sample(tag, "processing-metrics-idle.txt")) == Workflows(0, 0, ())
    found = service_answers.read_workflows(metrics(Counter({RUNNING: 2, PAUSED: 1, COMPLETED: 4})))
    assert (found.running, found.paused) == (2, 1)


HEAD = f"# HELP {METRIC} Vitam operation count per state and status\n# TYPE {METRIC} gauge\n"


@pytest.mark.parametrize(
    ("samples", "running", "paused"),
    [
        (f'{METRIC}{{workflow="INGEST",state="RUNNING",status="OK",}} 0.0\n', 0, 0),
        (f'{METRIC}{{workflow="INGEST",state="RUNNING",status="OK"}} 1\n', 1, 0),
        (f'{METRIC}{{state="RUNNING"}} 1.2E1\n', 12, 0),
        (f'{METRIC}{{workflow="a}} \\" b",state="RUNNING"}} 1.0\n', 1, 0),
        (f'{METRIC}{{workflow="X",state="RUNNING"}} 1.0\n{METRIC}{{workflow="Y",state="RUNNING"}} 2.0\n', 3, 0),
        (f'{METRIC}{{workflow="X",state="COMPLETED",status="KO"}} 7.0 1700000000000\n', 0, 0),
        (f'{METRIC}_created{{state="RUNNING"}} 7.0\n', 0, 0),
    ],
)
def test_workflows_are_counted(samples, running, paused):
    found = service_answers.read_workflows(HEAD + samples)
    assert (found.running, found.paused) == (running, paused)


@pytest.mark.parametrize(
    "answer",
    ["", "jvm_threads_current 87.0\n", HEAD.replace("workflow", "x"), f'{METRIC}{{state="PAUSE"}} 1\n', "<html>"],
)
def test_a_missing_metric_is_not_zero(answer):
    """Vitam before 3.6 has no such metric, and neither has another service's port."""
    with pytest.raises(AnswerError, match=f"no metric {METRIC} in the answer"):
        service_answers.read_workflows(answer)


@pytest.mark.parametrize(
    "line",
    [
        f"{METRIC} 3.0",
        f'{METRIC}{{workflow="INGEST",status="OK"}} 3.0',
        f'{METRIC}{{state="RUNNING" 3.0',
        f'{METRIC}{{state="WAITING"}} 3.0',
    ],
)
def test_a_state_that_is_not_known_is_not_zero(line):
    with pytest.raises(AnswerError, match="has a sample whose state is none of RUNNING, PAUSE, COMPLETED"):
        service_answers.read_workflows(f"{HEAD}{line}\n")


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-1", "1.5", "many"])
def test_a_value_that_is_no_number_of_workflows_is_not_zero(value):
    with pytest.raises(AnswerError, match="has a sample that is no number of workflows"):
        service_answers.read_workflows(f'{HEAD}{METRIC}{{state="RUNNING"}} {value}\n')


@pytest.mark.parametrize("tag", TAGS)
def test_status_and_version_are_read(tag):
    status = service_answers.read_status(sample(tag, "admin-status.json"))
    assert (status.name, status.role, status.healthy) == ("app1", "logbook", True)
    assert service_answers.read_versions(sample(tag, "admin-version.json")) == (tag,)
    own = service_answers.read_status(service().status().encoded())
    assert own == service_answers.AdminStatus("10.0.0.1", "logbook", healthy=True)
    assert service_answers.read_versions(service().versions().encoded()) == ("7.0.1",)


def test_the_status_does_not_ask_the_database_and_the_autotest_does():
    """A logbook whose MongoDB is down answers 200: the status says that its web server answers."""
    logbook = service()
    logbook.behaviour.missing = lambda: "MongoDB: no primary"
    assert (logbook.status().status, logbook.autotest().status) == (200, 503)


def test_a_mixture_of_versions_is_seen():
    parts = [{"Maven-version": "7.0.1"}, {"Maven-version": "7.0.2"}, {"Maven-version": "7.0.1"}, {"Scm-tags": ""}]
    assert service_answers.read_versions(json.dumps(parts)) == ("7.0.1", "7.0.2")
    assert service_answers.read_versions("[]") == ()


@pytest.mark.parametrize("answer", ["{}", "[]", '{"serverIdentity": {}}', '{"serverIdentity": "x", "status": true}'])
def test_another_servers_status_is_not_vitams(answer):
    with pytest.raises(AnswerError, match="no status of a Vitam service"):
        service_answers.read_status(answer)


@pytest.mark.parametrize("answer", ["{}", '["7.0.1"]', "7"])
def test_another_servers_version_is_not_vitams(answer):
    with pytest.raises(AnswerError, match="no list of the parts"):
        service_answers.read_versions(answer)


@pytest.mark.parametrize("tag", TAGS)
def test_elasticsearch_is_read(tag, elastic):
    version = {"4.0.7": "7.16.3", "5.3": "7.16.3"}.get(tag, "7.17.8")
    assert service_answers.read_elasticsearch_version(sample(tag, "elasticsearch.json")) == version
    assert service_answers.read_elasticsearch_health(sample(tag, "elasticsearch-health.json")) == "green"
    assert service_answers.read_elasticsearch_health(json.dumps(elastic.health())) == "red"


@pytest.mark.parametrize("answer", ["{}", "[]", '{"version": "7"}', '{"version": {"number": 7}}', '{"status": 401}'])
def test_another_server_is_not_elasticsearch(answer):
    with pytest.raises(AnswerError, match=r"no version\.number of Elasticsearch"):
        service_answers.read_elasticsearch_version(answer)
    with pytest.raises(AnswerError, match="no status of Elasticsearch"):
        service_answers.read_elasticsearch_health(answer)


def test_a_long_answer_is_shown_in_part():
    with pytest.raises(AnswerError) as raised:
        service_answers.read_current_jobs(error_page(502, "x" * 5000).encoded())
    assert len(str(raised.value)) < 250
