"""A host's services asked at the look, each question as a night will ask it."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from typing import Any

from vitam_operators import host_questions
from vitam_operators.config import Platform
from vitam_operators.errors import SecretMissingError, ServiceAnswerError, ServiceSlowError, VitamBackupError
from vitam_operators.hooks.connections import connection_of
from vitam_operators.hooks.elasticsearch import endpoint_of
from vitam_operators.hooks.hosts import Shell
from vitam_operators.host_questions import PAUSED, Question


@dataclass
class Answers:
    """
    What came of the questions.

    :param findings: what would fail at night, with what to do
    :param warnings: what may: a service that was too slow to answer
    :param paused: jobs of the scheduler that nothing starts
    """

    findings: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    paused: list[str] = field(default_factory=list)

    def note(self, error: VitamBackupError) -> None:
        """Take what a question has met."""
        kind = self.warnings if isinstance(error, ServiceSlowError) else self.findings
        kind.append(f"{error.message}; {error.hint}")


async def ask_services(platform: Platform, shell: Shell, active: Collection[str], log: Any) -> Answers:
    """
    Ask every service that runs on a host.

    :param active: the units that run
    :param log: where each answer goes
    """
    answers = Answers()
    try:
        async for question in _questions(platform, shell, active, answers):
            try:
                log.info("OK      %s on %s: %s", question.what, shell.host.name, await shell.run(question.command))
            except ServiceAnswerError as error:
                answers.note(error)
    except SecretMissingError as error:
        answers.note(error)
    return answers


async def _questions(
    platform: Platform, shell: Shell, active: Collection[str], answers: Answers
) -> AsyncIterator[Question]:
    for question in host_questions.of_services(platform, shell.host, active):
        yield question
    for cluster in platform.elasticsearch:
        if shell.host.name in cluster.hosts and cluster.unit in active:
            try:
                node = await endpoint_of(cluster, shell.host)
            except SecretMissingError as error:
                answers.note(error)
                continue
            for question in host_questions.of_elasticsearch(cluster.unit, node):
                yield question
    if platform.securing.by == "quartz" and platform.service("scheduler").unit in active:
        conn_id = str(platform.securing.platform_secret_conn_id)
        secret = str((await connection_of(conn_id, "password is Vitam's platform secret")).password)
        yield host_questions.of_scheduler(platform, shell.host, secret, _now_s())
        answers.paused += await _paused(platform, shell, secret, answers) if platform.primary_site else []


async def _paused(platform: Platform, shell: Shell, secret: str, answers: Answers) -> list[str]:
    """Return the securing jobs that nothing starts; whatever hinders the question hindered the one before."""
    if answers.findings:
        return []
    found = []
    for job, command in host_questions.job_states(platform, shell.host, secret, _now_s()).items():
        try:
            state = await shell.run(command)
        except ServiceAnswerError as error:
            answers.note(error)
            break
        found += [job] if state in PAUSED else []
    return found


def _now_s() -> int:
    return int(dt.datetime.now(dt.UTC).timestamp())
