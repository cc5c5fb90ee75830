"""A person is asked, told of it, and the answer is kept: it is what later steps go by."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, NoReturn

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk.bases.notifier import BaseNotifier
from airflow.sdk.exceptions import AirflowSkipException

from vitam_operators import messages, nights, notifications
from vitam_operators.config import Platform
from vitam_operators.errors import NightClosedError, NotApprovedError, RecordsAwayError
from vitam_operators.hooks import kept_platforms
from vitam_operators.hooks.records import approvals_of
from vitam_operators.nights import Night, Record
from vitam_operators.operators.ownership import own_run
from vitam_operators.operators.restores import PLAN, RestoreOperator
from vitam_operators.restores import approvals
from vitam_operators.run_ids import owner_of

APPROVE_RESTORE, APPROVE_REMOVAL = "approve_restore", "approve_removal"


def reviewed(step: RestoreOperator) -> Platform:
    """
    Return the platform file as it stands, not what the run keeps of it.

    Where that is kept, an XCom tells; who may approve and where the answers are has to come from what was reviewed.

    :raises ConfigError: it is wrong just now: nothing is approved meanwhile
    """
    return kept_platforms.platform_by(step.own_platform_file)


def approvals_in(step: RestoreOperator, context: Any) -> Night:
    """Return the records of what a run was planned to do, of what was asked, and of what was answered."""
    return approvals_of(reviewed(step)).named(nights.backup_id(context["dag_run"].run_after))


def plan_of(step: RestoreOperator, context: Any) -> Record:
    """
    Return the plan of this run, from its records.

    :raises RecordsAwayError: it was made, and this worker does not see it
    :raises NightClosedError: there is none
    """
    plan = approvals_in(step, context).read(PLAN)
    if plan is not None and owner_of(plan) == own_run(context):
        return plan
    if context["ti"].xcom_pull(task_ids=PLAN):
        raise records_away(step, "has a plan")
    raise NightClosedError("there is no plan", hint="clear plan_restore with its downstream tasks")


def records_away(step: RestoreOperator, has: str) -> RecordsAwayError:
    """Return the error of a worker that does not see what a run has."""
    return RecordsAwayError(
        f"this run {has}, and {approvals_of(reviewed(step)).directory}, as this worker sees it, has none of it",
        hint="mount the directory of the records on every worker, then clear the red tasks of this run",
    )


def require_approval(step: RestoreOperator, context: Any, task_id: str, about: str) -> str:
    """
    Return who has approved in a step.

    :param about: what had to be approved
    :raises NotApprovedError: nobody has whose answer counts
    """
    run = context["dag_run"]
    asked, expected = approvals_in(step, context).read(task_id), approvals.question(run.run_id, about)
    return approvals.require(task_id, asked, expected, reviewed(step).restore, run.triggering_user_name)


class WaitsNotifier(BaseNotifier):
    """Tell, every way that the platform file names, that a restore waits for a person."""

    def notify(self, context: Any) -> None:
        """Tell; what cannot be told changes nothing."""
        step: ApprovalStep = context["task"]
        step.tell(context, step.waits(context), step.asked_words(context))


class ApprovalStep(RestoreOperator, HITLOperator):
    """
    Ask a person, and keep the answer in the records at the moment at which Airflow delivers it.

    Who may answer says the platform file (``restore``): Airflow refuses others at once if ``approvers`` are named, and
    whatever Airflow accepts is judged again here.
    """

    def __init__(self, **kwargs: Any) -> None:
        options = [approvals.APPROVE, approvals.REJECT]
        bounded = {"execution_timeout": None, **kwargs}  # Airflow would take that of all steps for the person's
        super().__init__(options=options, notifiers=[WaitsNotifier()], **bounded)

    @abstractmethod
    def about(self, context: Any) -> str:
        """Return what is asked about, as the records name it."""

    @abstractmethod
    def asked_words(self, context: Any) -> str:
        """Return what the person sees."""

    @abstractmethod
    def waits(self, context: Any) -> str:
        """Say in one line that it waits."""

    def execute(self, context: Any) -> Any:
        """Note the question, show it, tell of it, and wait."""
        super().execute(context)
        self.body = self.asked_words(context)
        self.assigned_users = [{"id": a.id, "name": a.shown} for a in reviewed(self).restore.approvers]
        return HITLOperator.execute(self, context)

    async def act(self, context: Any) -> None:
        """
        Note what is asked; an answer to it from before counts no more.

        :raises NotApprovedError: Airflow would show what was asked before
        """
        asked = approvals.question(context["dag_run"].run_id, self.about(context), self.asked_words(context))
        records = approvals_in(self, context)
        earlier = records.read(self.task_id)
        if earlier is not None and approvals.is_stale(earlier, asked):
            records.write(self.task_id, {**asked, "words": earlier["words"]})
            raise NotApprovedError(
                "what is asked has changed since this step first asked, and Airflow would show it as it was then",
                hint="trigger a new run",
            )
        records.write(self.task_id, {**asked, "asked_at": nights.now_text()})

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """
        Keep the answer, then judge it.

        :raises NotApprovedError: nobody answered in time, or the answer is no approval that counts
        :raises RecordsAwayError: this worker does not see what was asked; it is asked again
        """
        if event.get("error_type") == "timeout":
            self.refused(context, self._nobody())
        answered = super().execute_complete(context, event)
        records = approvals_in(self, context)
        asked = records.read(self.task_id)
        if asked is None:
            raise records_away(self, "has asked")
        records.write(self.task_id, {**asked, approvals.ANSWER: approvals.answer(event)})
        try:
            who = require_approval(self, context, self.task_id, self.about(context))
        except NotApprovedError as error:
            self.refused(context, error)
        else:
            self.log.info("approved by %s", who)
        return answered

    def _nobody(self) -> NotApprovedError:
        return NotApprovedError(
            f"nobody answered {self.task_id} within {self.response_timeout}", hint="trigger a new run when somebody can"
        )

    def refused(self, context: Any, error: NotApprovedError) -> NoReturn:
        """
        Tell of it, and end.

        :raises NotApprovedError: always
        """
        self.tell(context, self.not_approved(context), error.message)
        raise error

    @abstractmethod
    def not_approved(self, context: Any) -> str:
        """Say in one line that it was not approved."""

    def tell(self, context: Any, subject: str, words: str) -> None:
        """Send a message that leads to the question."""
        run = context["dag_run"]
        link = notifications.run_link(run.dag_id, run.run_id)
        page = f"{link}/tasks/{self.task_id}/required_actions" if link else ""
        notifications.tell(self.platform, None, subject, messages.text(self._who_may(), words, page))

    def _who_may(self) -> Iterable[str]:
        rule = reviewed(self).restore
        who = ", ".join(approver.shown for approver in rule.approvers) or "whoever may trigger the DAG"
        yield f"Who may answer: {who}{'' if rule.one_person else ', but not who triggered the run'}."


class ApproveRestoreOperator(ApprovalStep):
    """Ask whether the data of the platform is to be replaced as planned."""

    def about(self, context: Any) -> str:
        """Return the plan, by the moment at which it was made."""
        return f"the plan of {plan_of(self, context)['planned_at']}"

    def asked_words(self, context: Any) -> str:
        """Return the plan."""
        return str(plan_of(self, context)["words"])

    def waits(self, context: Any) -> str:
        """Name the backup."""
        return messages.restore_waits(self.platform.name, plan_of(self, context)["restored"])

    def not_approved(self, context: Any) -> str:
        """Name the backup."""
        return messages.restore_not_approved(self.platform.name, plan_of(self, context)["restored"])


class ApproveRemovalOperator(ApprovalStep):
    """Ask whether what was there before the restore may go."""

    def about(self, context: Any) -> str:
        """Return the restore, by its label: each attempt has its own."""
        return f"restore {self.restore(context).label}"

    def asked_words(self, context: Any) -> str:
        """Say what is lost."""
        return (
            "The platform runs on the restored data. What was there before lies beside it, as `….vitam-before-…`; once "
            "it is removed nothing can put it back."
        )

    def waits(self, context: Any) -> str:
        """Name the restored backup."""
        return messages.removal_waits(self.platform.name, self.restore(context).opened["restored"])

    def not_approved(self, context: Any) -> str:
        """Name the restored backup."""
        return messages.removal_not_approved(self.platform.name, self.restore(context).opened["restored"])

    def refused(self, context: Any, error: NotApprovedError) -> NoReturn:
        """
        Let a rejection stand: what was there before is kept, which ends the restore well.

        :raises AirflowSkipException: a person has rejected it
        :raises NotApprovedError: the answer does not count, or there was none
        """
        who = approvals.rejected_by(approvals_in(self, context).read(self.task_id))
        if who is None:
            super().refused(context, error)
        raise AirflowSkipException(f"rejected by {who}: what was there before is kept")
