"""Proxies in a host's environment are named, without the passwords in them."""

from __future__ import annotations

import os
import subprocess

from vitam_operators import proxies
from vitam_operators.proxies import Proxy

ENVIRONMENT = """\
PATH="/usr/bin"
# http_proxy=http://old:3128
http_proxy="http://bob:pa@ss@proxy.example.org:3128"
no_proxy=localhost
HTTPS_PROXY=http://proxy.example.org:3128
"""
PROFILE = "export all_proxy=bob:pa55word@proxy:1080 ftp_proxy=http://x:pa55word@y\n"


def found(tmp_path, **environment):
    """What the script says, with the files of a directory in place of /etc."""
    script = proxies.SCRIPT.replace("/etc/", f"{tmp_path}/")
    usual = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(["sh", "-c", script], env=usual | environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "pa55" not in done.stdout
    assert "bob" not in done.stdout
    return proxies.settings().read(done.stdout.replace(f"{tmp_path}/", "/etc/"))


def test_no_proxy_is_no_warning(tmp_path):
    assert found(tmp_path) == ()
    assert list(proxies.warnings(())) == []


def test_each_place_is_named(tmp_path):
    (tmp_path / "environment").write_text(ENVIRONMENT, encoding="utf-8")
    (tmp_path / "profile.d").mkdir()
    (tmp_path / "profile.d" / "proxy.sh").write_text(PROFILE, encoding="utf-8")
    there = found(tmp_path, https_proxy="http://bob:pa55word@proxy:3128")
    assert there == (
        Proxy("/etc/environment", 'http_proxy=...@proxy.example.org:3128"'),
        Proxy("/etc/environment", "HTTPS_PROXY=http://proxy.example.org:3128"),
        Proxy("/etc/profile.d/proxy.sh", "export all_proxy=...@y"),
        Proxy("environment", "https_proxy=...@proxy:3128"),
    )
    (warning,) = proxies.warnings(there)
    assert warning.startswith("a proxy is set (/etc/environment: http_proxy=")
    assert "no request of the backup goes through it" in warning


def test_the_command_is_one_word_for_the_shell():
    """What is tested above is what is sent."""
    assert proxies.settings().line.startswith("sh -c '\nsetting=")
