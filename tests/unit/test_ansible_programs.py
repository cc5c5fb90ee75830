"""An inventory is read in the same way from everywhere: another directory, another locale, a person's own settings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from vitam_operators.ansible_programs import config_of

ROOT = Path(__file__).parents[2]
FEATURES = ROOT / "tests" / "data" / "inventories" / "features"


def test_from_anywhere_in_any_locale(tmp_path):
    """The whole program, where everything that could change Ansible's answer is set to do so."""
    away, inventory = tmp_path / "away", tmp_path / "dépôt"
    (away / "group_vars").mkdir(parents=True)
    (away / "group_vars" / "all.yml").write_text("elasticsearch: {data: {port_http: 1}}\n")
    (away / "ansible.cfg").write_text("[defaults]\nhash_behaviour = replace\nask_vault_pass = True\n")
    shutil.copytree(FEATURES / "merge", inventory)
    hostile = {
        "LC_ALL": "C",
        "LANG": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "ANSIBLE_CONFIG": str(away / "ansible.cfg"),
        "ANSIBLE_HASH_BEHAVIOUR": "replace",
        "ANSIBLE_VAULT_PASSWORD_FILE": str(away / "none"),
    }
    answer = subprocess.run(
        [sys.executable, "-m", "vitam_operators.inventory", str(inventory / "hosts")],
        cwd=away,
        env=os.environ | hostile | {"PYTHONPATH": str(ROOT / "plugins")},
        capture_output=True,
        check=False,
    )
    assert (answer.returncode, answer.stderr) == (0, b"")
    text = answer.stdout.decode("utf-8")
    assert "dépôt" in text
    assert yaml.safe_load(text)["elasticsearch"] == [{"name": "elasticsearch-data", "hosts": ["data1"], "port": 9250}]


def test_what_is_kept_of_an_ansible_cfg(tmp_path):
    """What changes hosts and values, its directories no longer relative; nothing that asks, prints or decrypts."""
    (tmp_path / "ansible.cfg").write_text(
        "[defaults]\nhash_behaviour = replace\ninventory_plugins = plugins:/usr/share/plugins\nremote_port = 2200\n"
        "vault_password_file = x\nstdout_callback = y\n[inventory]\nenable_plugins = ini\n"
        "[ssh_connection]\nretries = 3\n"
    )
    below = tmp_path / "environments" / "prod"
    below.mkdir(parents=True)
    (below / "hosts").write_text("")
    found = config_of(below / "hosts")
    assert (found.path, found.says_how_to_merge, found.remote_port) == (tmp_path / "ansible.cfg", True, "2200")
    assert found.text.split("\n\n") == [
        f"[defaults]\nhash_behaviour = replace\ninventory_plugins = {tmp_path}/plugins:/usr/share/plugins",
        "[inventory]\nenable_plugins = ini",
        "",
    ]
