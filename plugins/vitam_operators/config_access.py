"""The part of the platform file that says which roles of Airflow see and trigger the DAGs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from vitam_operators.config_types import ACCOUNT_PATTERN, Strict

Role = Annotated[str, Field(pattern=ACCOUNT_PATTERN)]
AccessControl = dict[str, dict[str, set[str]]]


class AccessConfig(Strict):
    """
    Roles of Airflow by which one sees and triggers the DAGs, beside those that may do so with every DAG.

    Only an auth manager that knows rights on one DAG (FAB) reads them. Each role has to exist.
    """

    see: tuple[Role, ...] = Field(default=(), description="see nights, drills and restores")
    trigger: tuple[Role, ...] = Field(default=(), description="likewise, and trigger nights and drills")
    restore: tuple[Role, ...] = Field(default=(), description="likewise, and trigger and answer restores")

    def of_dag(self, triggered_by: Literal["trigger", "restore"]) -> AccessControl | None:
        """
        Return a DAG's ``access_control``, ``None`` when no role is named.

        Who may edit a DAG may trigger it, mark and clear its tasks, and answer what they ask, as far as the role may do
        so at all; nobody may delete one.

        :param triggered_by: the key that names who triggers it
        """
        may_see = {"DAGs": {"can_read"}, "DAG Runs": {"can_read"}}
        may_trigger = {"DAGs": {"can_read", "can_edit"}, "DAG Runs": {"can_read", "can_create"}}
        control = dict.fromkeys((*self.see, *self.trigger, *self.restore), may_see)
        control |= dict.fromkeys(getattr(self, triggered_by), may_trigger)
        return control or None
