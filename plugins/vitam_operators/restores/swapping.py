"""
Swapping a member's data directory for another one beside it: two renames on one file system, and back.

What is to be done follows from which of three directories are there, so every step may run twice, and whoever finds
a swap half done knows what is which: the data directory itself, what was *brought* to take its place, and what was
*kept*. As long as something is kept, what was there before can be put back.
"""

from __future__ import annotations

from vitam_operators.commands import Command, change, existing, line
from vitam_operators.errors import RestoreRefusedError
from vitam_operators.restores.plans import Place


def there(place: Place, label: str) -> Command[frozenset[str]]:
    """Fact: which of the three directories exist."""
    return existing([place.db_path, place.brought(label), place.kept(label)])


def own_file_system(db_path: str) -> Command[bool]:
    """Fact: whether a data directory is a mount of its own, which cannot be renamed."""
    words = line("stat", "--format=%d", "--", db_path, db_path.rpartition("/")[0], sudo=True)
    return Command(words, lambda output: len(set(output.split())) > 1)


def swap(place: Place, label: str, found: frozenset[str]) -> list[Command[None]]:
    """
    Change: keep what is there, and put what was brought in its place. Its mongod is down.

    :param found: what :func:`there` says
    :return: nothing, when it was done already
    :raises RestoreRefusedError: what was brought is not there
    """
    path, brought, kept = place.db_path, place.brought(label), place.kept(label)
    if found == {path, kept}:
        return []
    if found == {path, brought}:
        return [_move(path, kept), _move(brought, path)]
    if found == {brought, kept}:
        return [_move(brought, path)]
    raise RestoreRefusedError(
        f"{place.name}: of {path}, {brought} and {kept} only {', '.join(sorted(found)) or 'none'} exist; to swap them, "
        "the first two are needed",
        hint="what was there before is put back; look on the host what is where, then trigger a new restore",
    )


def put_back(place: Place, label: str, found: frozenset[str]) -> list[Command[None]]:
    """
    Change: put back what was kept. Its mongod is down.

    :return: nothing, when nothing was swapped, or it was put back already
    """
    path, brought, kept = place.db_path, place.brought(label), place.kept(label)
    if kept not in found:
        return []
    away = [remove(brought)] if {path, brought} <= found else []
    away += [_move(path, brought)] if path in found else []
    return [*away, _move(kept, path)]


def remove(directory: str) -> Command[None]:
    """Change: remove a directory that :meth:`.Place.brought` or :meth:`.Place.kept` names, and its key."""
    return change("rm", "-rf", "--", directory, f"{directory}.partial", f"{directory}.key", timeout_s=3600)


def _move(source: str, target: str) -> Command[None]:
    return change("mv", "-T", "--", source, target)
