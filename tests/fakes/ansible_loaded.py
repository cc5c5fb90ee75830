"""A process that has loaded Ansible and forks an ansible-inventory for each line of JSON; see ansible_forks.py."""

from __future__ import annotations

import json
import os
import sys

from ansible.cli.inventory import InventoryCLI


def main() -> None:
    for line in sys.stdin:
        wanted = json.loads(line)
        child = os.fork()
        if child == 0:
            become(wanted)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def become(wanted) -> None:
    os.chdir(wanted["cwd"])
    for path, number in ((wanted["out"], 1), (wanted["err"], 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    try:
        InventoryCLI.cli_executor(wanted["argv"])
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
