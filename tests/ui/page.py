"""The page that the stories are about: its Airflow, its users, and the nights that it is told."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from lab.airflow_stack import AirflowStack
from tests.fakes.told import ToldNight, starts
from vitam_operators.config import Platform
from vitam_operators.hooks.records import nights_of
from vitam_operators.nights import Nights

SECRETS = {
    "vitam_medium_ssh": "key-of-all-hosts",
    "vitam_medium_mongo_data_admin": "word-of-vitamdb-admin",
    "vitam_medium_secret": "word-of-the-platform",
    "vitam_medium_restic": "word-of-the-vault",
}


@dataclass
class Page:
    """
    An Airflow with the page.

    :param directory: of the platform file and the records
    """

    stack: AirflowStack
    directory: Path
    platform: Platform
    clients: dict[str, httpx.Client] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"{self.stack.url}/vitam-backups"

    @property
    def nights(self) -> Nights:
        return nights_of(self.platform)

    def get(self, path: str, user: str = "") -> httpx.Response:
        """Return an answer of the page to a user; to nobody without one."""
        return self.client(user).get(f"/vitam-backups{path}")

    def client(self, user: str) -> httpx.Client:
        """Return a client that is logged in as a user."""
        if user not in self.clients:
            client = self.clients[user] = httpx.Client(base_url=self.stack.url, timeout=30, follow_redirects=True)
            if user:
                words = {"username": user, "password": self.stack.password_of(user)}
                token = client.post("/auth/token", json=words).raise_for_status().json()["access_token"]
                client.headers["Authorization"] = f"Bearer {token}"
        return self.clients[user]

    def empty(self) -> Page:
        """Forget all nights."""
        shutil.rmtree(self.directory / "records", ignore_errors=True)
        return self

    def full(self, number: int = 30) -> Page:
        """Tell a month of nights: one failed, some were drilled. They are made up once and copied afterwards."""
        self.empty()
        records, told = self.directory / "records", self.directory / f"told-{number}"
        if not told.exists():
            for index, start in enumerate(starts(self.platform, dt.datetime.now(dt.UTC), number)):
                self.tell(start, index)
            records.rename(told)
        shutil.copytree(told, records)
        return self

    def tell(self, start: dt.datetime, index: int) -> None:
        told = self.night(start, growth=1 + index * 0.004 + index % 5 * 0.002, slow=1 + index * 7 % 11 / 100)
        if index == 13:
            told.open().until_cold().copy(only=-1).restart()
            (lost,) = set(told.night.opened["parts"]) - set(told.night.all("part"))
            told.conclude("task copy_shard[1] failed", f"part {lost} was not copied")
            return
        told.good(minutes=18 + index * 5 % 19)
        if index in (5, 12, 19, 27):
            told.drilled(told.now + dt.timedelta(hours=3))

    def night(self, start: dt.datetime, **more: Any) -> ToldNight:
        """Return a night that has not begun to write."""
        return ToldNight(self.platform, self.nights, start, **more)

    def running(self) -> ToldNight:
        """Tell a night that copies at this moment."""
        now = dt.datetime.now(dt.UTC)
        told = self.night(now - dt.timedelta(hours=4, minutes=21), until=now + dt.timedelta(hours=3))
        return told.open().until_cold().copy(only=-3, minutes=2)
