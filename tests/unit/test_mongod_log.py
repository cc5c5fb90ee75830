"""
What a mongod that ended said, read by version.

The lines are those that the mongods of 4.2.6, 4.4.2, 5.0.32 and 6.0.27 logged over data that was damaged on purpose, a
port in use, few files, little memory; paths and numbers are shortened. tests/unit/test_drill_mongod.py has them log it
again. Not seen, but put together after them: a full disk, one that fails, a file of somebody else.
"""

from __future__ import annotations

import json
import signal

import pytest

from vitam_operators import mongod_log


def text(severity: str, words: str) -> str:
    """One line of MongoDB 4.2."""
    return f"2026-11-30T06:35:41.508+0000 {severity}  STORAGE  [conn3] {words}"


def entry(severity: str, told: str, **attributes: object) -> str:
    """One line of MongoDB 4.4 and later."""
    return json.dumps({"t": {"$date": "x"}, "s": severity, "c": "WT", "msg": told, "attr": attributes})


def wired_tiger(words: str, *, error: int = 0, file: str = "file:a.wt, ") -> str:
    """An error of WiredTiger, as 4.4 and 5.0 have it."""
    return entry("E", "WiredTiger error", error=error, message=f"[1796:508707][26860:0x7ff1dcb226c0], {file}{words}")


def wired_tiger_60(words: str, error: str = "", code: int = 0) -> str:
    """An error of WiredTiger, as 6.0 has it."""
    inner = {"ts_sec": 1, "session_dhandle_name": "file:a.wt", "msg": words, "error_str": error, "error_code": code}
    return entry("E", "WiredTiger error message", error=code, message=inner)


RAW = "[1796:344840][26758:0x7f5f488ab6c0], file:a.wt, WT_CURSOR.next: __wt_block_read_off, 274: a.wt: read checksum"
MISSING = "__posix_open_file, 667: /d/a.wt: handle-open: open: No such file or directory"
SHORT = "__posix_file_read, 421: /d/a.wt: handle-read: pread: failed to read 4096 bytes at offset 139264: WT_ERROR"
TURTLE = "__wt_turtle_read, 339: fatal turtle file read error: WT_TRY_SALVAGE: database corruption detected"
STORAGE = "Unable to read the storage engine metadata file"
NO_BSON = {"code": 22, "codeName": "InvalidBSON", "errmsg": "no end of c-string"}
DUMP = "WT_CURSOR.next: __wt_bm_corrupt_dump, 135: {4096, 126976, 0x89176fef}: (chunk 1 of 124): 00 00 00"

DAMAGED = {
    "4.2 checksum": (
        [text("E", f"WiredTiger error (0) {RAW} error for 126976B block Raw: {RAW}")],
        "WiredTiger error (0) file:a.wt, WT_CURSOR.next: __wt_block_read_off, 274: a.wt: read checksum error for "
        "126976B block",
    ),
    "4.2 missing": ([text("E", f"WiredTiger error (2) [1:2][3:0xa], file:a.wt, {MISSING}")], "open: No such file"),
    "4.2 cut off": ([text("E", f"WiredTiger error (-31802) [1:2][3:0xa], file:a.wt, {SHORT}")], "failed to read 4096"),
    "4.2 turtle": ([text("E", f"WiredTiger error (-31809) [1:2][3:0xa], connection: {TURTLE}")], "turtle file read"),
    "4.2 storage.bson": ([text("E", f"{STORAGE}: InvalidBSON: no end of c-string")], "InvalidBSON"),
    "4.2 first lines lost": ([text("E", f"WiredTiger error (0) [1:2][3:0xa], file:a.wt, {DUMP}")], "0x89176fef}:"),
    "4.4 checksum": (
        [wired_tiger("__wt_block_read_off, 271: a.wt: read checksum error for 4096B block"), entry("F", "Fatal")],
        'WiredTiger error "file:a.wt, __wt_block_read_off, 271: a.wt: read checksum error for 4096B block"',
    ),
    "4.4 missing, long before": ([wired_tiger(MISSING, error=2), *[entry("I", "Validation")] * 50], "handle-open"),
    "5.0 cut off": ([wired_tiger(SHORT, error=-31802)], "failed to read 4096 bytes"),
    "5.0 turtle": ([wired_tiger(TURTLE, error=-31809, file="connection: ")], "fatal turtle file read error"),
    "5.0 storage.bson": ([entry("F", STORAGE, error=NO_BSON)], "InvalidBSON"),
    "6.0 checksum": ([wired_tiger_60("potential hardware corruption, read checksum error for 4096B")], "checksum"),
    "6.0 missing": (
        [wired_tiger_60("/d/a.wt: handle-open: open", "No such file or directory", 2), entry("F", "Fatal assertion")],
        "file:a.wt: No such file or directory: /d/a.wt: handle-open: open",
    ),
    "a link": ([entry("F", "the copy holds the symbolic link journal, and not what is behind it")], "link journal"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_what_proves_that_data_is_damaged(case):
    """Its words are told to people: which file, and what of it."""
    lines, words = DAMAGED[case]
    log = mongod_log.read("\n".join(lines))
    assert words in str(log.damage)
    assert log.first == log.damage


OF_ITS_OWN = {
    "4.2 port": [text("E", "Failed to set up listener: SocketException: Address already in use")],
    "4.2 abort": [text("F", "Invariant failure: session->open_cursor() resulted in status TooManyFilesOpen: 24")],
    "4.2 parameter": [text("F", "Failed global initialization: BadValue: Unknown --setParameter 'notThere'")],
    "4.4 files": [wired_tiger("/d/a.wt: handle-open: open: Too many open files", error=24), wired_tiger(SHORT)],
    "4.4 room": [wired_tiger("handle-write: pwrite: No space left on device", error=28), wired_tiger(TURTLE)],
    "4.4 disk": [wired_tiger("handle-read: pread: failed to read 4096 bytes at offset 0: Input/output error", error=5)],
    "5.0 abort": [
        entry("F", "Invariant failure", expr="!storageGlobalParams.readOnly", file="storage_engine_impl.cpp"),
        entry("F", "\n\n***aborting after invariant() failure\n\n"),
    ],
    "5.0 memory": [entry("E", "DBException in initAndListen, terminating", error="JSInterpreterFailure: JS_Init")],
    "6.0 rights": [wired_tiger_60("/d/a.wt: handle-open: open", "Permission denied", 13)],
    "a library": ["mongod: error while loading shared libraries: libssl.so.1.1: No such file or directory"],
    "only warnings": [text("W", f"WiredTiger error (2) {MISSING}"), entry("I", "read checksum error")],
    "nothing": [],
}


@pytest.mark.parametrize("case", OF_ITS_OWN)
def test_what_proves_nothing(case):
    """A good backup that is called bad is not restored from: what the machine lacks is no fault of the copy."""
    log = mongod_log.read("\n".join(OF_ITS_OWN[case]))
    assert log.damage is None
    assert log.first


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "it said nothing"),
        (["about to fork", signal.Signals.SIGKILL.name], "SIGKILL"),
        ([entry("I", "Starting"), "[1]", "null"], "null"),
        ([text("I", "starting"), text("F", "first"), text("E", "second")], "first"),
        ([entry("F", "Cursor not found", error={"errmsg": "x"})], 'Cursor not found {"errmsg": "x"}'),
        ([entry("F", "Fatal assertion")], "Fatal assertion"),
        ([entry("E", "x" * 900)], "x" * 600),
    ],
)
def test_mongods_first_error(lines, words):
    """The cause stands first; what follows is sixty lines of the same, then a backtrace."""
    assert mongod_log.read("\n".join(lines)).first == words
