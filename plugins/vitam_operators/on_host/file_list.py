r"""
Lists of files: of a directory, and of what a copy holds, to compare the one with the other.

A list has one line of JSON for each file: name, type, mode, owner, size, time, target of a link. It is made without
reading the files. Names are bytes on a disk: what is not UTF-8 in them stands as ``\udc80`` to ``\udcff``.

``list DIRECTORY LEFT-OUT [PATTERN ...]`` prints the list of a directory, and writes into the file LEFT-OUT a word
``--exclude=...`` for each path that the patterns leave out, each with a null at its end. ``same KIND LIST`` compares a
list with what comes in: another ``list``, ``restic ls --json`` (``ls``) or a tar archive (``tar``).
"""

import calendar
import fnmatch
import json
import os
import re
import stat
import sys
import tarfile
import time
from collections import Counter
from typing import IO, Any, Dict, Iterator, List

Entry = Dict[str, Any]
KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "dir",
    stat.S_IFLNK: "symlink",
    stat.S_IFIFO: "fifo",
    stat.S_IFCHR: "chardev",
    stat.S_IFBLK: "dev",
}
"""As restic names them. A socket has nothing to copy: neither tar nor restic take it."""
GO_MODES = {1 << 23: stat.S_ISUID, 1 << 22: stat.S_ISGID, 1 << 20: stat.S_ISVTX}
SHOWN = 10
SECOND_NS = 10**9


def text(name: bytes) -> str:
    """Return a name as JSON can hold it."""
    return name.decode("utf-8", "surrogateescape")


def entry_of(top: bytes, name: bytes) -> Entry:
    """Return what the list says of one file."""
    path = os.path.join(top, name)
    status = os.lstat(path)
    kind = KINDS.get(stat.S_IFMT(status.st_mode), "socket")
    return {
        "name": text(name),
        "type": kind,
        "mode": "%04o" % stat.S_IMODE(status.st_mode),
        "uid": status.st_uid,
        "gid": status.st_gid,
        "size": status.st_size if kind == "file" else 0,
        "mtime_ns": status.st_mtime_ns,
        "target": text(os.readlink(path)) if kind == "symlink" else "",
    }


def entries_of(top: bytes, patterns: List[bytes], left_out: List[bytes]) -> Iterator[Entry]:
    """
    Yield what is in a directory, in an order that is always the same.

    :param patterns: what is left out, with all below it, as tar does it: ``*`` also stands for a ``/``
    :param left_out: gets the names that the patterns match
    """
    pending = [b"."]
    while pending:
        name = pending.pop()
        if any(fnmatch.fnmatchcase(name, pattern.rstrip(b"/")) for pattern in patterns):
            left_out.append(name)
            continue
        entry = entry_of(top, name)
        if entry["type"] != "socket":
            yield entry
        if entry["type"] == "dir":
            children = sorted(os.listdir(os.path.join(top, name)), reverse=True)
            pending += [os.path.join(name, child) for child in children]


def literally(path: bytes) -> bytes:
    """Return a pattern of restic that a path alone matches."""
    return re.sub(rb"([\\*?\[\]])", rb"\\\1", path)


def print_list(top: bytes, left_out_file: bytes, patterns: List[bytes]) -> None:
    """Print the list of a directory; a mistake on the way ends the program."""
    left_out = []  # type: List[bytes]
    for entry in entries_of(top, patterns, left_out):
        print(json.dumps(entry))
    with open(left_out_file, "wb") as file:
        for name in left_out:
            file.write(b"--exclude=" + literally(os.path.normpath(os.path.join(top, name))) + b"\0")


def found_by_ls(stream: IO[bytes]) -> Iterator[Entry]:
    """Yield what restic says of a snapshot of one directory: no targets, U+FFFD for each byte that is not UTF-8."""
    for line in stream:
        node = json.loads(line.decode("utf-8"))
        if node.get("struct_type") == "node":
            mode = node["mode"]
            special = sum(bit for go_bit, bit in GO_MODES.items() if mode & go_bit)
            yield {
                "name": below(node["path"].lstrip("/")),
                "type": node["type"],
                "mode": "%04o" % (mode & 0o777 | special),
                "uid": node["uid"],
                "gid": node["gid"],
                "size": node.get("size", 0),
                "mtime_ns": nanoseconds(node["mtime"]),
            }


def found_in_tar(stream: IO[bytes]) -> Iterator[Entry]:
    """Yield what is in a tar archive of one directory, reading it to its end: times are in seconds."""
    with tarfile.open(fileobj=stream, mode="r|", bufsize=2**20, encoding="utf-8", errors="surrogateescape") as archive:
        for member in archive:
            yield {
                "name": below(member.name),
                "type": {tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "symlink"}.get(member.type, "file"),
                "mode": "%04o" % (member.mode & 0o7777),
                "uid": member.uid,
                "gid": member.gid,
                "size": member.size,
                "mtime_ns": int(member.mtime) * SECOND_NS,
                "target": member.linkname,
            }
            archive.members = []  # type: ignore[attr-defined]
        while stream.read(2**20):
            pass


def below(path: str) -> str:
    """Return a path as seen from its first directory."""
    inside = path.partition("/")[2]
    return "./" + inside if inside else "."


def nanoseconds(moment: str) -> int:
    """Read ``2026-11-24T19:00:00.123456789Z``."""
    seconds, fraction = re.fullmatch(r"(.{19})(?:\.(\d+))?Z", moment).groups()  # type: ignore[union-attr]
    return calendar.timegm(time.strptime(seconds, "%Y-%m-%dT%H:%M:%S")) * SECOND_NS + int(
        (fraction or "").ljust(9, "0")
    )


def as_ls_shows(entry: Entry) -> Entry:
    """Return what ``restic ls`` would say of a file."""
    return {
        **{k: v for k, v in entry.items() if k != "target"},
        "name": re.sub("[\udc80-\udcff]", "\ufffd", entry["name"]),
    }


def as_tar_shows(entry: Entry) -> Entry:
    """Return what restic's tar archive would say of a file: it rounds the time."""
    return {**entry, "mtime_ns": (entry["mtime_ns"] + SECOND_NS // 2) // SECOND_NS * SECOND_NS}


def compare(kind: str, listed: List[Entry], stream: IO[bytes]) -> List[str]:
    """Return a line for each difference."""
    if kind == "list":
        expected, found = listed, [json.loads(line.decode("ascii")) for line in stream]
    elif kind == "ls":
        expected, found = [as_ls_shows(entry) for entry in listed], list(found_by_ls(stream))
    else:
        shown = ("file", "dir", "symlink")
        expected = [as_tar_shows(entry) for entry in listed if entry["type"] in shown]
        found = list(found_in_tar(stream))
    wanted, there = (Counter(json.dumps(entry, sort_keys=True) for entry in some) for some in (expected, found))
    return ["missing: " + line for line in wanted - there] + ["not listed: " + line for line in there - wanted]


def main(words: List[bytes]) -> int:
    """Do what the words say; return the exit status."""
    if words[0] == b"list":
        print_list(words[1], words[2], words[3:])
        return 0
    with open(words[2], "rb") as file:
        listed = [json.loads(line.decode("ascii")) for line in file]
    differences = compare(words[1].decode(), listed, sys.stdin.buffer)
    if differences:
        print("\n".join([*differences[:SHOWN], "%d differences" % len(differences)]), file=sys.stderr)
        return 1
    print(sum(entry["size"] for entry in listed), len(listed))
    return 0


if __name__ == "__main__":
    sys.exit(main([os.fsencode(word) for word in sys.argv[1:]]))
