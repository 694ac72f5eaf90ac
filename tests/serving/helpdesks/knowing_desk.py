"""A helpdesk that knows its customers, and a connection that maps all they say."""

from __future__ import annotations

from pathlib import Path

from serving.helpdesks.customers.customer import Customers
from serving.helpdesks.port.connections import Connection, read
from serving.helpdesks.port.errors import DeskRefused, DeskUnreachable
from serving.helpdesks.port.port import Ignored, Inbound
from tests.serving.helpdesks.memory_desk import MemoryDesk

PLANS = ("free", "standard", "premium", "enterprise")
TABLE = """
[desk]
kind = "standard"
token = "t0ken"
plan = "standard"
accounts_file = "accounts.csv"
[desk.customer]
account = "organization"
plan = ["organization.plan", "tags:plan_*", "requester.tags:vip"]
arr = 360001
region = "organization.region"
language = "requester.locale"
brand = "Brand"
health = "organization.health"
[desk.values.plan]
Gold = "enterprise"
"Silver  Plus" = "premium"
vip = "enterprise"
trial = ""
[desk.values.arr]
"Tier 1" = 250000
"""
CSV = """account,domains,plan,arr,region,health
Acme Corp,acme.example,premium,9000,eu,green
Globex,"globex.example, gmail.com",free,,,
"""


def connected(folder: Path, table: str = TABLE, csv: str = CSV) -> tuple[Connection, Customers]:
    (folder / "accounts.csv").write_text(csv)
    (folder / "helpdesks.toml").write_text(table)
    found = read(folder / "helpdesks.toml")
    return found["desk"], Customers(found, PLANS)


class Telling(MemoryDesk):
    """A helpdesk that knows its customers."""

    def __init__(self, connection: Connection, **fields: str) -> None:
        super().__init__()
        self.connection, self.fields = connection, fields
        self.asked, self.refuses = 0, False

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        self.asked += 1
        if self.refuses:
            raise DeskRefused("desk", 404)
        if self.down:
            raise DeskUnreachable("desk", "gone")
        return Inbound(remote_id=remote_id, subject="Fetched", email="x@acme.example", fields=self.fields)
