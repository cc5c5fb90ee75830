"""
Everything that can go wrong in a night, and what to do about it.

Two families decide what Airflow does next (see :mod:`vitam_operators.operators.base`): a
:class:`RetryableError` is tried again, an :class:`OperatorNeededError` is not. Each class is one mistake.
"""

from __future__ import annotations


class VitamBackupError(Exception):
    """
    Base of all errors of this package.

    :param message: what happened and where (host, unit, path), what was found and what was expected
    :param hint: what the person on duty can do now
    :param away: name of the host that did not answer, where that is all: it may come back
    """

    ends_wait = False
    """Whether a wait that meets it is over; else its look learned nothing, and it looks again."""

    def __init__(self, message: str, *, hint: str, away: str = "") -> None:
        super().__init__(f"{message}\nHINT: {hint}")
        self.message = message
        self.hint = hint
        self.away = away

    @property
    def finding(self) -> str:
        """What a look says of it: in one sentence what was found and what to do."""
        return f"{self.message}: {self.hint}"


class RetryableError(VitamBackupError):
    """A second try can help: a lost connection, a busy host, a member that is still starting."""


class OperatorNeededError(VitamBackupError):
    """A second try changes nothing: a person has to act, or the night has to be given up."""

    ends_wait = True


class ConfigError(OperatorNeededError):
    """The platform file, or the inventory that it is made from, is wrong. All mistakes are in the message."""


class SecretMissingError(OperatorNeededError):
    """The Airflow connection that a job's secrets come from does not hold them."""


class LookFailedError(OperatorNeededError):
    """The look found the platform unfit for a backup; nothing was touched. All findings are in the message."""


class WindowError(OperatorNeededError):
    """The moment is not inside the night's window, or too little of the window is left."""


class GivenUpError(OperatorNeededError):
    """A wait reached the moment after which the platform has to be started again."""


class NightClosedError(OperatorNeededError):
    """The step belongs to a night whose restart has begun, or that was never opened."""


class HostUnreachableError(RetryableError):
    """The ssh connection to a host could not be made, or broke before the command's exit status came back."""


class CommandFailedError(RetryableError):
    """A command on a host ended with an exit status that it should not have."""


class ServiceAnswerError(RetryableError):
    """A service of a host did not answer that host's own question, or something else answered in its place."""


class ServiceSlowError(ServiceAnswerError):
    """A service of a host took the question, and did not answer it in time."""


class RecordsAwayError(RetryableError):
    """A run opened a backup or a restore, and the worker does not see its records: what ran before is in them."""


class NotOwnRecordsError(OperatorNeededError):
    """The records under the label of this run are another's: its moment was chosen, or another Airflow has it, too."""


class NightConcludedError(NightClosedError):
    """A step that was cleared would start something, and its run has ended with all up: it was stopped since."""


class GuardHeldError(OperatorNeededError):
    """A host has the restart guard of another run: another night is on, or has died."""


class GuardNotArmedError(RetryableError):
    """The restart guard was written, but systemd does not say that it will fire in time: nothing may stop."""


class UnguardedError(OperatorNeededError):
    """A host has no restart guard of this run that will fire: what is stopped there would stay down if Airflow died."""


class StopNotProvedError(OperatorNeededError):
    """A unit was told to stop, but the proof that it is down is missing."""


class StillStoppingError(OperatorNeededError):
    """A unit did not stop in its time: it would take that time again."""


class NotHealthyError(OperatorNeededError):
    """A unit or a cluster was started but is not healthy in its time, or will not be: what comes next may not wait."""


class PrimaryError(RetryableError):
    """A replica set has no primary, or more than one member says that it is the primary."""


class MongoUnreachableError(RetryableError):
    """
    A MongoDB process did not answer, or refused the account.

    :param why: it did not, in a few words without its address
    """

    def __init__(self, message: str, *, hint: str, why: str = "no answer", away: str = "") -> None:
        super().__init__(message, hint=hint, away=away)
        self.why = why


class BalancerError(RetryableError):
    """The balancer is not in the mode that the step needs."""


class StillWritingError(OperatorNeededError):
    """Vitam is stopped, but somebody may still write, or a member lacks what its primary has: nothing is copied."""


class WrittenMeanwhileError(OperatorNeededError):
    """Somebody wrote between the stop and the restart: the copies do not fit together, the backup is not sealed."""


class SecuringFailedError(OperatorNeededError):
    """The securing of the logbooks ended with a failure."""


class CopyRefusedError(OperatorNeededError):
    """A copy would not be a cold copy: what is to be copied runs, or was not closed cleanly."""


class CopyFailedError(RetryableError):
    """A copy on a host ended with a failure; what it left is a ``.partial`` that the next try replaces."""

    ends_wait = True


class BackupNotFitError(OperatorNeededError):
    """A backup that is asked for was never sealed, was removed, or is not all on hosts that the platform still has."""


class DrillRefusedError(OperatorNeededError):
    """A restore drill cannot be made on a host as it is; nothing of it speaks against the backup."""


class DrillInterruptedError(RetryableError):
    """What a drill or a restore runs on a host ended for a reason of its own: it says nothing about the copy."""

    ends_wait = True


class DrillFailedError(OperatorNeededError):
    """A copy could not be extracted or opened, or does not hold what it should: it must not be relied upon."""


class RestoreRefusedError(OperatorNeededError):
    """A step of a restore would not do what it is for: what it needs is not there, or runs. It did nothing."""


class RestoreFailedError(OperatorNeededError):
    """Restored data is not what the backup was, or the platform does not run on it: what was kept is put back."""


class NotApprovedError(OperatorNeededError):
    """A step that only a person may allow was reached without that person's answer."""


class NotProvedError(OperatorNeededError):
    """The night ended, but something that a sealed backup needs is missing."""


class StepFailedError(OperatorNeededError):
    """The backup is sealed and the platform is up, but a step of the night failed; the message says which."""


class MessageNotSentError(RetryableError):
    """What people should be told of a night could not be sent; the night itself is what it is."""


class PruneFailedError(RetryableError):
    """An old backup could not be removed from a host; the next try, or the next night, goes on with it."""


class RebuildRefusedError(OperatorNeededError):
    """Lost records cannot be written anew from these manifests. All mistakes are in the message."""
