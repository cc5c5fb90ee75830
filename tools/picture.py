"""The README's picture of a night's graph: the last night of the demo's Airflow, as a browser shows it."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "plugins")]

from lab.night_watch import DAG_ID, NightWatch  # noqa: E402
from tests.ui.browser import Browser  # noqa: E402
from tools.demo import STACK  # noqa: E402

FILE = ROOT / "docs" / "img" / "graph.png"
AS_SHOWN = {
    "react-resizable-panels:graph-ltr": {"details-panel,main-panel": {"expandToSizes": {}, "layout": [70, 30]}},
    "default_dag_view": "graph",
    f"direction-{DAG_ID}": "DOWN",
}
"""What Airflow's UI keeps of how somebody likes to see a graph."""
DRAWN_WITHIN_S = 10


def main() -> int:
    """Take the picture; return 1 where there is no night to see."""
    if not STACK.running:
        print("the demo's Airflow does not run\nHINT: make demo", file=sys.stderr)
        return 1
    newest = NightWatch(STACK).get(f"/dags/{DAG_ID}/dagRuns", order_by="-run_after", limit=1)["dag_runs"][0]
    with tempfile.TemporaryDirectory() as profile, Browser(Path(profile)) as browser:
        browser.log_in(STACK.url, "admin", STACK.password)
        for name, value in AS_SHOWN.items():
            browser.driver.execute_script("localStorage.setItem(...arguments)", name, json.dumps(value))
        browser.open(f"{STACK.url}/dags/{DAG_ID}/runs/{newest['dag_run_id']}")
        browser.one(".react-flow__node")
        time.sleep(DRAWN_WITHIN_S)
        browser.picture(FILE, height=900)
    print(FILE.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
