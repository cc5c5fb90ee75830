"""Elasticsearch's answers, and the lines that ask for them."""

from __future__ import annotations

import json
import shlex

import pytest

from tests.fakes.web import NO_MASTER
from vitam_operators import elastic
from vitam_operators.curl import Endpoint, UnansweredError

NODE = Endpoint("10.0.0.1", 9200)
HEALTH = (
    '{"cluster_name":"elasticsearch-data","status":"%s","timed_out":false,"number_of_nodes":1,'
    '"active_primary_shards":7,"unassigned_shards":0}'
)


@pytest.mark.parametrize("health", ["green", "yellow", "red"])
def test_health(health):
    assert elastic.cluster_health(NODE).read(f"{HEALTH % health}\n200") == health


@pytest.mark.parametrize(
    "output",
    ["<html>502 Bad Gateway</html>\n502", "<html>hello</html>\n200", "{}\n200", "\n200", '{"error": {}}\n401', "\n404"],
)
def test_an_answer_of_somebody_else_is_not_health(output):
    """A proxy's page, or one that asks who is there, is neither green nor away."""
    with pytest.raises(UnansweredError):
        elastic.cluster_health(NODE).read(output)


@pytest.mark.parametrize("status", [7, 28, 52, 56])
def test_health_when_nobody_answers_is_an_answer(status):
    """Refused, too slow, cut off: what a starting node looks like. So does one that has no master yet (503)."""
    command = elastic.cluster_health(NODE)
    assert command.read_failure(status, "curl: ...") == "away"
    assert command.read(f"{NO_MASTER}\n503") == "away"
    assert command.line.endswith(" --request GET http://10.0.0.1:9200/_cluster/health")


@pytest.mark.parametrize(
    ("output", "value"),
    [
        ('{"persistent":{},"transient":{}}', None),
        ('{"persistent":{},"transient":{"cluster.routing.allocation.enable":"primaries"}}', "primaries"),
        ('{"persistent":{"cluster.routing.allocation.enable":"none"},"transient":{}}', None),
        ('{"transient":{"cluster.routing.allocation.enable":"all","logger.org":"debug"}}', "all"),
        ('{"transient":{"cluster.routing.allocation.enable":null}}', None),
    ],
)
def test_the_transient_allocation(output, value):
    assert elastic.allocation(NODE).read(f"{output}\n200") == value


def test_flat_settings_are_asked_for():
    """Nested settings would be read as no setting, and the prior value lost."""
    assert "/_cluster/settings?flat_settings=true" in elastic.allocation(NODE).line


@pytest.mark.parametrize("value", ["primaries", None, 'a\'b "c" $(d)'])
def test_what_is_set_is_json_in_one_word(value):
    words = shlex.split(elastic.set_allocation(NODE, value).line)
    assert json.loads(words[words.index("--data") + 1]) == {"transient": {"cluster.routing.allocation.enable": value}}
    assert words[words.index("--request") + 1] == "PUT"
    assert "Content-Type: application/json" in words


def test_a_change_that_the_cluster_refuses_is_a_failure():
    """curl ends with 0 on an HTTP error."""
    for command in (elastic.set_allocation(NODE, "all"), elastic.flush(NODE), elastic.allocation(NODE)):
        with pytest.raises(UnansweredError, match="403, no permissions"):
            command.read("no permissions\n403")


def test_the_flush_is_waited_for_longer_than_curl_waits():
    """Else ssh would call it a lost connection while curl still waits for the answer."""
    command = elastic.flush(NODE)
    words = shlex.split(command.line)
    assert words[-2:] == ["POST", "http://10.0.0.1:9200/_flush"]
    assert command.timeout_s > int(words[words.index("--max-time") + 1])


SNAPSHOT = {"snapshot": "vitam-1", "state": "SUCCESS", "indices": ["a", "b"], "failures": []}


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (SNAPSHOT, ("SUCCESS", 2, None)),
        (SNAPSHOT | {"state": "IN_PROGRESS", "indices": ["a"]}, ("IN_PROGRESS", 1, None)),
        (
            SNAPSHOT | {"state": "PARTIAL", "failures": [{"index": i, "reason": "gone"} for i in "abcd"]},
            ("PARTIAL", 2, "a: gone; b: gone; c: gone"),
        ),
        (SNAPSHOT | {"state": "FAILED", "reason": "disk full"}, ("FAILED", 2, "disk full")),
    ],
)
def test_what_became_of_a_snapshot(answer, found):
    command = elastic.snapshot(NODE, "vitam", "vitam-1")
    assert tuple(command.read(json.dumps({"snapshots": [answer]}) + "\n200").values()) == found


def test_a_snapshot_that_is_not_there_is_an_answer():
    """404; to remove it is no error then either. Whatever else is refused is one."""
    assert elastic.snapshot(NODE, "vitam", "vitam-1").read("{}\n404")["state"] == "MISSING"
    assert elastic.delete_snapshot(NODE, "vitam", "vitam-1").read("{}\n404") is None
    for command in (elastic.snapshot(NODE, "r", "n"), elastic.delete_snapshot(NODE, "r", "n")):
        with pytest.raises(UnansweredError):
            command.read("{}\n500")


def test_a_snapshots_name_and_lines():
    """Elasticsearch refuses capitals; a snapshot that is begun is not waited for by curl, which gives up after 60 s."""
    assert elastic.snapshot_name("20261124T190000Z-2") == "vitam-20261124t190000z-2"
    begun = shlex.split(elastic.start_snapshot(Endpoint("h", 1), "r", "n").line)
    assert begun[-2:] == ["PUT", "http://h:1/_snapshot/r/n?wait_for_completion=false"]
    assert shlex.split(elastic.delete_snapshot(Endpoint("h", 1), "r", "n").line)[-2:] == [
        "DELETE",
        "http://h:1/_snapshot/r/n",
    ]
