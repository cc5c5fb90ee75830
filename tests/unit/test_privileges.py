"""The rights that sites give: written from the package's own commands, enough for them, and for little else."""

from __future__ import annotations

import datetime as dt
import re
import shlex

import pytest

from tests.conftest import ROOT, TESTS
from tests.rights import DB, LABEL, PART, REFUSED, REFUSED_JOBS, runs
from vitam_operators import archive, drill, guard, journal, prune, reflink, systemd
from vitam_operators.commands import change, existing, line, write_whole
from vitam_operators.errors import ConfigError
from vitam_operators.platform_yaml import read_yaml
from vitam_operators.platforms import check_platform, load_platform
from vitam_operators.privileges import key_options, main, sudoers
from vitam_operators.rights import WIDE_UNIT
from vitam_operators.sudo_rules import LONGEST_PATTERN, Hole, calls_of, is_allowed, rules_of

LABELS = [LABEL, f"{LABEL}-2", f"{LABEL}-10"]
EXAMPLE = ROOT / "config" / "platform.example.yaml"
PLATFORM = load_platform(TESTS / "data" / "platforms" / "small.yaml")


@pytest.fixture(scope="module")
def data_1() -> str:
    """The rules of a host with a member of a shard and one of a config set, a router and Elasticsearch."""
    return sudoers(PLATFORM, "data-1")


def test_the_page_is_what_the_generator_prints(capsys, monkeypatch):
    """A command that changed changes the rules; whoever changes it prints the page anew."""
    monkeypatch.chdir(ROOT)
    assert main([str(EXAMPLE.relative_to(ROOT))]) == 0
    again = "PYTHONPATH=plugins python -m vitam_operators.privileges config/platform.example.yaml > docs/hosts.md"
    assert (ROOT / "docs" / "hosts.md").read_text(encoding="utf-8") == capsys.readouterr().out, again


@pytest.mark.parametrize(
    ("account", "file", "user"),
    [
        ("svc.vitam", "svc_vitam", "svc.vitam"),
        ("MINISTERE\\svc-vitam", "MINISTERE_svc-vitam", "MINISTERE\\\\svc-vitam"),
        ("svc@example.org", "svc_example_org", "svc@example.org"),
    ],
)
def test_an_account_that_sudo_would_not_find(capsys, account, file, user):
    """
    Kind: accepted and then ignored. sudo skips a file with a dot in its name, and takes a backslash for an escape.

    sudoers(5), "Including other files from within sudoers", and "Other special characters and reserved words".
    """
    assert main([str(EXAMPLE), "--account", account]) == 0
    page = capsys.readouterr().out
    assert f"`/etc/sudoers.d/{file}`" in page
    assert f"\n{user} ALL=(root) NOPASSWD: /usr/bin/" in page.replace("    ", "")


@pytest.mark.parametrize("account", ["ALL", "%wheel", "a,b", "x y", "", "a\n", "#0", "!vitam"])
def test_an_account_that_sudoers_would_take_for_something_else(capsys, account):
    """A list, a group, everybody."""
    assert main([str(EXAMPLE), "--host", "app1", "--account", account]) == 1
    assert f"{account!r} is no account" in capsys.readouterr().err


def test_the_page_has_every_host_once():
    """Hosts with the same rules share a section."""
    titles = re.findall(r"^### (.*)\n\n```\nDefaults", (ROOT / "docs" / "hosts.md").read_text(encoding="utf-8"), re.M)
    assert sorted(name for title in titles for name in title.split(", ")) == sorted(
        host.name for host in load_platform(EXAMPLE).hosts
    )


def test_the_file_of_one_host(capsys):
    """What an administrator redirects into /etc/sudoers.d."""
    assert main([str(EXAMPLE), "--host", "data1", "--account", "bob"]) == 0
    assert capsys.readouterr().out == sudoers(load_platform(EXAMPLE), "data1", "bob")
    with pytest.raises(SystemExit):
        main([str(EXAMPLE), "--host", "data77"])
    assert "no host 'data77', there are front1, app1" in capsys.readouterr().err
    assert main(["no/such/file.yaml"]) == 1


@pytest.mark.parametrize("label", LABELS)
def test_what_a_backup_needs(label, data_1):
    """A rule that is missing is found at four in the morning, by a red task."""
    directory = f"/vitam/backup/{label}"
    scratch = drill.scratch_of(label, PART, PLATFORM.drill)
    commands = [
        prune.held_bytes(label, directory),
        prune.remove(label, directory),
        *write_whole(f"{directory}/manifest.json", "{}"),
        reflink.hindrance(DB),
        reflink.remove(DB, label),
        systemd.end_transient(archive.copy_unit(label, PART)),
        systemd.forget_failure(archive.verify_unit(label, "mongo-data-configsvr")),
        systemd.end_transient(archive.prune_unit(label)),
        existing([*drill.begun(scratch), *drill.begun(scratch)]),
        existing([scratch]),
        drill.remove(scratch),
        journal.last_words(drill.mongod_unit(label, PART), dt.datetime(2026, 11, 24, tzinfo=dt.UTC)),
        guard.release(["vitam-mongod.service", "vitam-mongos.service"]),
        guard.hold("vitam-mongoc.service"),
    ]
    assert [command.line for command in commands if not is_allowed(command.line, data_1)] == []
    assert all(calls_of(command.line) for command in commands)


@pytest.mark.parametrize(
    "more",
    [{}, {"in_background": True}, {"in_background": True, "properties": ("LimitNOFILE=64000", "CPUQuota=100%")}],
    ids=str,
)
def test_jobs(data_1, more):
    """In the foreground, in the background, and as a drill's."""
    reverse = {**more, "properties": drill.limits(PLATFORM.drill)} if "properties" in more else more
    assert is_allowed(runs(**reverse), data_1)


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_what_reaches_further(words, data_1):
    """Whoever has the account's key has these rights; the copies of last month are not among them but by their name."""
    assert not is_allowed(change(*words).line, data_1)


@pytest.mark.parametrize(
    "text",
    REFUSED_JOBS,
)
def test_what_systemd_run_may_not(text, data_1):
    """sudo bounds a job's name, its properties and its program, which is bash; not what bash is told."""
    assert is_allowed(runs(), data_1)
    assert not is_allowed(text, data_1)


def test_each_rule_is_whole_and_short_enough():
    """sudo takes a regular expression only as one from beginning to end, and one that is too long matches nothing."""
    rules = [
        text for host in PLATFORM.hosts for text in sudoers(PLATFORM, host.name).splitlines() if "NOPASSWD" in text
    ]
    assert len(rules) > 100
    patterns = [rule.partition(": /usr/bin/")[2].partition(" ")[2] for rule in rules]
    assert [pattern for pattern in patterns if not (pattern[0], pattern[-1]) == ("^", "$")] == []
    assert max(map(len, patterns)) <= LONGEST_PATTERN


def test_a_host_with_very_many_units(monkeypatch):
    """All of Vitam on one machine: the rules are wider there, and still bound to Vitam's units; the page says so."""
    content = read_yaml(EXAMPLE.read_text(encoding="utf-8"))
    first, everything = content["hosts"][0], [name for host in content["hosts"] for name in host.get("services", [])]
    for host in content["hosts"]:
        host["services"] = []
        host.pop("offer_provider", None)
    first["services"] = list(dict.fromkeys(everything))
    platform = check_platform(content, source="test")
    assert WIDE_UNIT not in sudoers(platform, "front1")
    monkeypatch.setattr("vitam_operators.sudo_rules.LONGEST_PATTERN", 640)
    text = sudoers(platform, "front1")
    assert WIDE_UNIT in text
    assert is_allowed(change("systemctl", "stop", "--no-block", "--", "vitam-worker.service").line, text)
    held = guard.disarm(platform_units := [f"vitam-{name}.service" for name in first["services"]])
    assert len(platform_units) > 15
    assert [command.line for command in held if not is_allowed(command.line, text)] == []
    assert not is_allowed(change("systemctl", "stop", "--no-block", "--", "sshd.service").line, text)


def test_a_rule_that_no_width_makes_short():
    with pytest.raises(ConfigError, match=r"the sudo rule for cat has \d+ characters, sudo takes 1024"):
        rules_of(line("cat", "x" * 2000, sudo=True), [Hole("hole", "x")])


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("date", []),
        ("sudo -n -l /usr/bin/id > /dev/null && echo yes", []),
        ("umask 077 && sudo -n tee -- /x > /dev/null", [["tee", "--", "/x"]]),
        ("(sudo -n stat '/a b' && sudo -n cp x y) 2>&1; tried=$?; sudo -n rm z; exit $tried",
         [["stat", "/a b"], ["cp", "x", "y"], ["rm", "z"]]),
        ("sudo -n find /x -printf . | wc --bytes", [["find", "/x", "-printf", "."]]),
        (line("bash", "-c", "sudo -n id; # it's && so", "#x", sudo=True),
         [["bash", "-c", "sudo -n id; # it's && so", "#x"]]),
    ],
)  # fmt: skip
def test_what_a_line_runs_as_root(text, calls):
    assert calls_of(text) == calls


def test_key_options():
    """The mongods of drills and restores are reached through ssh, on the ports that they may have, and nothing else."""
    assert key_options(PLATFORM, "front", "10.0.0.1") == 'from="10.0.0.1",restrict'
    assert key_options(PLATFORM, "data-1", "10.0.0.0/24") == (
        'from="10.0.0.0/24",restrict,port-forwarding,permitopen="127.0.0.1:29019",permitopen="127.0.0.1:29020",'
        'permitopen="127.0.0.1:29119",permitopen="127.0.0.1:29120"'
    )


def test_samples_are_not_in_the_rules():
    """What stands for a night's own words may not be left standing."""
    texts = [sudoers(PLATFORM, host.name) for host in PLATFORM.hosts]
    for sample in ("19700101", "987654321", "this-host", "does-something", "what-a-job"):
        assert not [text for text in texts if sample in text]


def test_the_look_asks_for_all_units_of_the_host(data_1):
    """A unit that came to the platform file later is found before the night begins."""
    asked = shlex.split(systemd.may_sudo(["vitam-mongod.service", "vitam-new.service"]).line)
    words = asked[3 : asked.index(">")]
    assert words == ["/usr/bin/systemctl", "stop", "--no-block", "--", "vitam-mongod.service", "vitam-new.service"]
    assert "daemon-reload" in systemd.may_sudo([]).line
