"""The models of the platform file, and the reference that explains each key."""

from __future__ import annotations

import datetime as dt
import json
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest
import yaml
from pydantic import BaseModel, ValidationError

from vitam_operators.config import Member, MongoCluster, Platform, ReplicaSet, WindowConfig
from vitam_operators.config_copies import CopyConfig, KeepConfig, ResticConfig
from vitam_operators.platforms import load_platform, schema_text

CONFIG = Path(__file__).parents[2] / "config"
EXAMPLE = CONFIG / "platform.example.yaml"
SCHEMA = CONFIG / "platform.schema.json"
NEEDED = ("name", "vitam_version", "ssh_conn_id", "hosts", "mongodb", "elasticsearch", "securing")
NEEDED_OF_RESTIC = ("repository", "password_conn_id")


def example():
    return yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))


def keys_of_models(model: type[BaseModel], seen: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    found = set()
    for name, field in model.model_fields.items():
        path = (*seen, field.alias or name)
        found.add(path)
        for candidate in (field.annotation, *getattr(field.annotation, "__args__", ())):
            model_of = getattr(candidate, "__origin__", candidate)  # of an Annotated, what is annotated
            if isinstance(model_of, type) and issubclass(model_of, BaseModel):
                found |= keys_of_models(model_of, path)
    return found


def keys_of_content(content, seen=()):
    if isinstance(content, list):
        return set().union(*(keys_of_content(entry, seen) for entry in content))
    if not isinstance(content, dict):
        return set()
    return set().union(*({(*seen, key)} | keys_of_content(value, (*seen, key)) for key, value in content.items()))


def test_the_example_is_right():
    """People copy it: it has to pass as it stands."""
    platform = load_platform(EXAMPLE)
    assert [cluster.name for cluster in platform.mongodb] == ["mongo-data", "offer-fs-1"]
    assert platform.cluster("offer-fs-1").shards[0].data_hosts == ("offer1", "offer2")


def test_the_example_has_every_key():
    """A key that is not in the reference is one that nobody finds; config sets have no arbiters."""
    senseless = {("mongodb", "config_set", "members", "arbiter")}
    free = ("messages", "notifiers", "arguments")  # they are the notifier's own
    named = {_without_component(path) for path in keys_of_content(example()) if path[:3] != free or path == free}
    assert keys_of_models(Platform) - senseless == named


def _without_component(path):
    """The keys below ``ports`` are components."""
    return path[:1] + path[2:] if path[0] == "ports" else path


def test_each_key_of_the_example_is_explained():
    """Each key has a comment right above the first place where it stands; lists of entries begin with theirs."""
    lines = [line.strip() for line in EXAMPLE.read_text(encoding="utf-8").splitlines()]
    explained = {
        below.removeprefix("- ").partition(":")[0]
        for above, below in pairwise(lines)
        if above.startswith("#") and not below.startswith("#")
    }
    told_once = {"unit", "port", "db_path", "hosts", "members", "host", "arbiter", "config_set"}
    sections = {"window", "copy"}
    assert {path[-1] for path in keys_of_models(Platform)} - explained - told_once - sections == set()


def test_defaults_in_the_examples_comments_are_true():
    """What the comments promise is what a file without the key gets."""
    needed = {key: example()[key] for key in NEEDED}
    platform = Platform.model_validate(needed)
    assert platform.window == WindowConfig.model_validate(example()["window"] | {"blackout_dates": []})
    assert platform.workflows.model_dump() == example()["workflows"]
    assert platform.timeouts.model_dump() == example()["timeouts"]
    own = {"file_sets", "keep", "restic"}
    assert platform.copies.model_dump(mode="json", exclude=own) == {
        key: value for key, value in example()["copy"].items() if key not in own
    }
    assert platform.copies.keep == KeepConfig(last=0, daily=7, weekly=4, monthly=6)
    no_periods = {"daily": 0, "weekly": 0, "monthly": 0}
    assert KeepConfig().model_dump() == example()["copy"]["keep"] | no_periods
    restic = ResticConfig.model_validate({key: example()["copy"]["restic"][key] for key in NEEDED_OF_RESTIC})
    assert (restic.cache_directory, restic.limit_upload_kib, restic.read_data_percent) == (None, None, 100)
    written = CopyConfig.model_validate({"file_sets": example()["copy"]["file_sets"]}).file_sets
    assert platform.copies.file_sets == (written[0].model_copy(update={"exclude": ()}), *written[1:])
    assert platform.service_order == platform.start_order == ()


def test_the_schema_is_that_of_the_models():
    """Editors check a platform file with it while it is written."""
    told = "run: PYTHONPATH=plugins python -m vitam_operators.platforms --schema > config/platform.schema.json"
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), told


def test_the_schema_takes_the_example_and_refuses_mistakes():
    """The schema says what the models say."""
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    content = json.loads(json.dumps(example(), default=str))
    assert [error.message for error in validator.iter_errors(content)] == []
    content["window"]["start"] = "8 pm"
    content["hosts"][0]["adress"] = "10.0.0.1"
    assert len(list(validator.iter_errors(content))) == 2


def test_an_arbiter_holds_no_data():
    """It is never among those that are stopped and copied."""
    members = (Member(host="data1"), Member(host="vote1", arbiter=True), Member(host="data2"))
    assert ReplicaSet(name="shard0", members=members).data_hosts == ("data1", "data2")


def test_mongodb_is_installed_as_vitam_installs_it():
    """Vitam's ports are not those of MongoDB's documentation."""
    cluster = MongoCluster.model_validate(example()["mongodb"][1])
    assert [cluster.mongos.port, cluster.mongoc.port, cluster.mongod.port] == [27017, 27018, 27019]
    assert cluster.mongod.unit == "vitam-mongod.service"
    assert cluster.mongoc.db_path == "/vitam/data/mongoc/db"


def test_addresses_fall_back_to_that_of_ssh():
    """Most platforms have one network."""
    platform = load_platform(EXAMPLE)
    assert (platform.host("front1").service_ip, platform.host("front1").admin_ip) == ("10.20.1.11", "10.20.0.11")
    assert (platform.host("app1").service_ip, platform.host("app1").admin_ip) == ("10.20.0.12", "10.20.0.12")


def test_a_platform_stops_and_starts_what_it_has():
    """In the file's own order where it gives one, in the manual's otherwise."""
    platform = load_platform(EXAMPLE)
    assert platform.hosts_of("offer") == ("offer1", "offer2")
    front = [service.name for service in platform.stop_order("front")]
    assert front[:4] == ["ingest-external", "ingest-internal", "access-external", "access-internal"]
    assert "ihm-recette" not in front
    assert [service.name for service in platform.services_to_start()][:4] == ["offer", "storage", "metadata", "logbook"]


def test_models_do_not_change():
    """What was checked stays what it is for the whole night."""
    with pytest.raises(ValidationError, match="frozen"):
        load_platform(EXAMPLE).window.start = dt.time(1)
