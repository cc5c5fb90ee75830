"""What people are told of a night: a subject that says it all, a text with what stands behind it, a URL to ping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from vitam_operators.errors import DrillFailedError, StepFailedError, VitamBackupError
from vitam_operators.wholeness import EVERYTHING
from vitam_operators.words import duration_words, size_words

UP, DOWN, STOPPED, NOT_PROVED, UNTOUCHED = "UP", "DOWN", "STOPPED", "not proved up", "untouched"
LONGEST_SUBJECT = 240
"""Characters; a line of a mail has 998 octets at most (RFC 5322, 2.1.1), of which a character may take four."""

START, SUCCESS, FAIL = "/start", "", "/fail"
NAMES_SHOWN = 3


@dataclass(frozen=True)
class NightEnd:
    """
    How a night ended.

    :param platform: the platform's name
    :param platform_is: ``UP``, ``DOWN``, ``STOPPED`` by another run, ``not proved up``; ``untouched`` when nothing was
        stopped
    :param sealed: whether there is a backup
    :param holds: what it holds, see :mod:`vitam_operators.wholeness`
    :param failed: the first step that failed, with what it acted on; empty when none did
    :param size_bytes: of the backup
    :param down_s: seconds for which Vitam was down
    :param late_s: seconds from the window's end to the last unit that was healthy again, 0 when that was before
    :param down: names of what ran before the night and is down: ``vitam-storage.service@app``, ``mongo-data-shard0``
    :param stopped_by: the other runs that have stopped what is down, where the platform is ``STOPPED``
    :param down_before: names of the units that did not run at the look
    """

    platform: str
    platform_is: str
    sealed: bool = False
    holds: str = EVERYTHING
    failed: str = ""
    size_bytes: int = 0
    down_s: float = 0.0
    late_s: float = 0.0
    down: tuple[str, ...] = ()
    stopped_by: tuple[str, ...] = ()
    down_before: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether there is nothing to do."""
        return self.sealed and not self.failed and self.platform_is == UP and not self.late_s


def one_line(words: str) -> str:
    """
    Return a subject that fits into one line of a mail, and has no character that a terminal or a server obeys.

    What a host has answered may be in it: control characters become blanks, what is too long is cut.
    """
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())
    return plain if len(plain) <= LONGEST_SUBJECT else f"{plain[: LONGEST_SUBJECT - 1]}…"


def subject(night: NightEnd) -> str:
    """Say how a night ended, in one line that can be read on a telephone."""
    during = f" during {night.failed}" if night.failed else ""
    platform = _platform(night)
    if not night.sealed:
        return f"Vitam {night.platform}: backup FAILED{during} - {platform}"
    size = size_words(night.size_bytes).replace(".0 ", " ")
    of = "" if night.holds == EVERYTHING else f" of {night.holds}"
    sealed = f"Vitam {night.platform}: backup{of} sealed, {size}, down {_rough(night.down_s)}"
    if night.good:
        return sealed + _down_before(night)
    return f"{sealed}{f', but {night.failed} FAILED' if night.failed else ''} - {platform}"


def _platform(night: NightEnd) -> str:
    """Say what the platform is, and what of it is down."""
    if night.platform_is == UNTOUCHED:
        return f"nothing was stopped{_down_before(night)}"
    late = f", {_rough(night.late_s)} after the window's end" if night.late_s else ""
    down = f": {names_in_words(night.down)}" if night.down else ""
    return f"platform is {_is(night.platform_is, night.stopped_by)}{down}{late}{_down_before(night)}"


def _is(state: str, stopped_by: Iterable[str]) -> str:
    """Say what a platform is; one that another run has stopped is that run's to start."""
    return f"{STOPPED} by {', '.join(stopped_by)}" if state == STOPPED else state


def _down_before(night: NightEnd) -> str:
    words = "down" if night.platform_is == UNTOUCHED else "down before"
    return f"; {words}: {names_in_words(night.down_before)}" if night.down_before else ""


def names_in_words(names: Sequence[str]) -> str:
    """Say a few names as a telephone shows them: ``vitam-storage on app, mongo-data-shard0 and 2 more``."""
    shown = [name.replace(".service@", " on ").replace("@", " on ") for name in names[:NAMES_SHOWN]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _rough(seconds: float) -> str:
    """Say a duration without the seconds behind its minutes: ``54 s``, ``42 min``, ``2 h 05 min``."""
    words = duration_words(seconds)
    return words.partition(" min ")[0] + " min" if " min " in words else words


def text(lines: Iterable[str], error: str, link: str) -> str:
    """Return what stands below the subject: the summary, what speaks against the night, and the run."""
    parts = ["\n".join(lines), error, f"The run: {link}" if link else ""]
    return "\n\n".join(part for part in parts if part) + "\n"


def night_that_died(platform: str, backup: str, reports: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    """
    Return subject and text on a night whose run died, so that the hosts' guards started the platform.

    :param reports: of each host whose guard fired: ``{"fired_at", "left_down"}``
    """
    lines = [
        f"The run of backup {backup} did not end in order. The restart guards of its hosts started Vitam",
        *_what_guards_did(reports),
        *("", "A guard switches no balancer on: docs/operate.md has what is left to do."),
    ]
    words = f"Vitam {platform}: night of backup {backup} DIED - its restart guards fired, {_left_down(reports)}"
    return words, "\n".join(lines) + "\n"


def restore_that_died(platform: str, backup: str, reports: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    """
    Return subject and text on a restore whose run died.

    :param backup: what was restored
    :param reports: as of :func:`night_that_died`
    """
    lines = [
        f"The run that restored backup {backup} did not end in order. The restart guards of its hosts put back",
        "what was there before, unless the restored data had been checked and stays, and started Vitam",
        *_what_guards_did(reports),
        *("", "Their journals say what they put back; docs/restore.md, 'Airflow dies in the middle', what is left."),
    ]
    words = f"Vitam {platform}: restore of backup {backup} DIED - its restart guards fired, {_left_down(reports)}"
    return words, "\n".join(lines) + "\n"


def _what_guards_did(reports: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield f"from {min(str(report['fired_at']) for report in reports.values())} on, {_left_down(reports)}."
    yield ""
    yield from (f"{host}: fired at {report['fired_at']}" for host, report in reports.items())


def _left_down(reports: Mapping[str, Mapping[str, Any]]) -> str:
    left = [f"{unit} on {host}" for host, report in reports.items() for unit in report.get("left_down", [])]
    return f"they left down: {', '.join(left)}" if left else "they left nothing down"


def drill_failed(platform: str, backup: str, error: VitamBackupError) -> str:
    """Say in one line that a drill speaks against a backup, or that there was none that could say something."""
    if isinstance(error, DrillFailedError):
        return f"Vitam {platform}: drill of backup {backup} FAILED - do not rely on it"
    if isinstance(error, StepFailedError):
        return f"Vitam {platform}: drill of backup {backup} passed, but a step of it FAILED"
    return f"Vitam {platform}: drill of {f'backup {backup}' if backup else 'the newest backup'} was not made"


def restore_ended(platform: str, report: Mapping[str, Any]) -> str:
    """
    Say how a restore ended, in one line.

    :param report: ``{"restored", "keep", "put_back", "platform_is", "left_down", "stopped_by"}``
    """
    where = ", with the data of before the restore" if report["put_back"] else ", NOT all data of before is put back"
    where = "" if report["keep"] else where
    done = f"restored from backup {report['restored']}"
    failed = f"restore of backup {report['restored']} FAILED"
    words = done if report["keep"] and report["platform_is"] == UP else failed
    down = f": {names_in_words(report['left_down'])}" if report.get("left_down") else ""
    state = _is(report["platform_is"], report.get("stopped_by", ()))
    return f"Vitam {platform}: {words} - platform is {state}{down}{where}"


def restore_waits(platform: str, backup: str) -> str:
    """Say in one line that a restore waits for a person."""
    return f"Vitam {platform}: restore of backup {backup} WAITS for approval - nothing is touched yet"


def restore_not_approved(platform: str, backup: str) -> str:
    """Say in one line that a restore ends because nobody has approved it."""
    return f"Vitam {platform}: restore of backup {backup} was not approved - nothing was touched"


def removal_waits(platform: str, backup: str) -> str:
    """Say in one line that what was there before a restore waits for its removal."""
    return f"Vitam {platform}: restored from backup {backup}, removal of what was there before WAITS for approval"


def removal_not_approved(platform: str, backup: str) -> str:
    """Say in one line that what was there before a restore is kept."""
    return f"Vitam {platform}: restored from backup {backup}, removal was not approved - what was there before is kept"


def unseen(platform: str, what: str) -> str:
    """
    Say in one line that what a run did cannot be seen.

    :param what: ``backup`` or ``restore``
    """
    return f"Vitam {platform}: the records of the {what} are not seen - platform is {NOT_PROVED}"


def filled(arguments: Any, words: Mapping[str, str]) -> Any:
    """Return a notifier's arguments with ``{subject}`` and ``{text}`` replaced, and nothing else."""
    if isinstance(arguments, str):
        for name, value in words.items():
            arguments = arguments.replace(f"{{{name}}}", value)
        return arguments
    if isinstance(arguments, dict):
        return {key: filled(value, words) for key, value in arguments.items()}
    return [filled(value, words) for value in arguments] if isinstance(arguments, list) else arguments


def ping_address(url: str, what: str) -> str:
    """
    Return the URL that tells of a night, as healthchecks.io and its like have it.

    :param url: a secret: whoever has it can say that all is well
    :param what: ``START``, ``SUCCESS`` or ``FAIL``
    :raises ValueError: it is no http URL; the message does not hold it
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("the connection's password is no http or https URL")
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + what))
