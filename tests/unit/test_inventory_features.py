"""
What sites write into their inventories, feature by feature: tests/data/inventories/features.

Each directory has an inventory, whose first line names what of Vitam's it follows, and expected.yaml: a part of the
platform file, its warnings and notes by their beginnings or parts, what nowhere stands, or the errors.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.fakes.ansible_forks import forks
from vitam_operators.ansible_inventory import read_inventory
from vitam_operators.errors import ConfigError
from vitam_operators.inventory import draft, with_settings

FEATURES = Path(__file__).parents[1] / "data" / "inventories" / "features"


@pytest.fixture(scope="module", autouse=True)
def ansible():
    with forks():
        yield


def made(feature):
    read = read_inventory(FEATURES / feature / "hosts")
    return with_settings(draft(read), [], read.source)


def part(expected, found):
    """What of the found content the expected names, so that both can be compared."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return {key: part(value, found.get(key)) for key, value in expected.items()}
    if (
        isinstance(expected, list)
        and isinstance(found, list)
        and all(isinstance(e, dict) and "name" in e for e in expected)
    ):
        by_name = {entry["name"]: entry for entry in found}
        return [part(entry, by_name.get(entry["name"])) for entry in expected]
    return found


def keys(content):
    if isinstance(content, dict):
        return set(content).union(*map(keys, content.values()))
    return set().union(*map(keys, content)) if isinstance(content, list) else set()


@pytest.mark.parametrize("feature", sorted(path.name for path in FEATURES.iterdir()))
def test_a_feature_of_inventories(feature):
    """Each is in the platform file, in a note, in a warning, or in an error that names the reason."""
    expected = yaml.safe_load((FEATURES / feature / "expected.yaml").read_text(encoding="utf-8"))
    if "error" in expected:
        with pytest.raises(ConfigError) as error:
            made(feature)
        assert [reason for reason in expected["error"] if reason not in str(error.value)] == []
        return
    found = made(feature)
    wanted = expected.get("platform", {})
    assert part(wanted, found.content) == wanted
    assert keys(found.content) & set(expected.get("lacks", [])) == set()
    for texts, told in ((expected.get("warnings", []), found.warnings), (expected.get("notes", []), found.notes)):
        assert [text for text in texts if not any(text in line for line in told)] == [], told
        assert len(told) == len(texts), told
