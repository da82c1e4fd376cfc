"""A lane: a whole small call centre of three lines for one call at a time.

Many lanes stand side by side in one world, each with a service, queues, agents and outside numbers
of its own: calls of different lanes know nothing of one another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from ccgateway.rig.hotline import CLIENT, LINES_NAMES
from ccgateway.rig.phones import SCRIPTED


class Who(StrEnum):
    """The people of a lane. FIRST and SPARE are first line; SPARE is not logged in at first."""

    CUSTOMER = "customer"
    FIRST = "first"
    SPARE = "spare"
    SECOND = "second"
    VENDOR = "vendor"
    NOBODY = ""


AGENTS = (Who.FIRST, Who.SPARE, Who.SECOND)
FREE = tuple(phone for phone in SCRIPTED if phone not in LINES_NAMES)
AT_MOST = len(FREE) // len(AGENTS)
"""Lanes: the phones of the hot line's own three lines are left to others."""

LIMIT = 3  # seconds that a caller waits at a target
RING = 2  # seconds that app_queue rings one agent

QUEUES = """
[lane](!,managed)
timeout = {ring}
"""
LANE_QUEUES = """
[{first}](lane)
[{second}](lane)
"""
SERVICE = """
[[queue]]
name = "{first}"

[[queue]]
name = "{second}"

[[service]]
id = "{service}"
client = "{client}"
name = "{service}"
dids = ["{did}"]
queue = "{first}"
timezone = "Europe/Helsinki"
country = "FI"
own_numbers = ["+358942454000"]

[[service.target]]
name = "pumps"
digit = 2
tier = 2
queue = "{second}"
wait_limit = {limit}
then = "back"

[[service.target]]
name = "tills"
digit = 3
tier = 2
queue = "{second}"
wait_limit = {limit}
then = "vendor"

[[service.target]]
name = "vendor"
digit = 4
tier = 3
on_call = ["{vendor}"]
wait_limit = {limit}
then = "back"

[[service.target]]
name = "desk"
digit = 5
tier = 2
queue = "{second}"
wait_limit = {limit}
then = "first"

[[service.target]]
name = "standby"
digit = 6
tier = 3
on_call = ["{vendor} {day} 08:00-16:00"]
wait_limit = {limit}
then = "back"
"""
AGENT = """
[[agent]]
id = "{number}"
name = "{who} of {service}"
phone = "PJSIP/{number}"
queues = ["{queue}"]
"""


@dataclass(frozen=True, slots=True)
class Lane:
    """The lane with this number, 0 and up."""

    number: int

    @property
    def service(self) -> str:
        return f"lane{self.number}"

    @property
    def did(self) -> str:
        return f"{1100 + self.number}"

    @property
    def first(self) -> str:
        """First line's queue."""
        return f"{self.service}-first"

    @property
    def second(self) -> str:
        """Second line's queue."""
        return f"{self.service}-second"

    @property
    def phones(self) -> tuple[str, ...]:
        """The agents' phones, which are their ids too."""
        return tuple(self.phone(who) for who in AGENTS)

    def phone(self, who: Who) -> str:
        """The number of somebody's phone; '' for nobody."""
        if who is Who.CUSTOMER:
            return f"+3584055500{self.number:02}"
        if who is Who.VENDOR:
            return f"+3589424549{10 + self.number}"
        if who is Who.NOBODY:
            return ""
        return str(FREE[len(AGENTS) * self.number + AGENTS.index(who)])

    def agent(self, who: Who) -> str:
        """Somebody's agent id; '' for who is none."""
        return self.phone(who) if who in AGENTS else ""

    def toml(self) -> str:
        """Its part of the gateway's configuration."""
        service = SERVICE.format(
            first=self.first,
            second=self.second,
            service=self.service,
            client=CLIENT,
            did=self.did,
            limit=LIMIT,
            vendor=self.phone(Who.VENDOR),
            # one day of the week, which is neither today nor tomorrow, whatever the time zone
            day=(datetime.now(UTC) + timedelta(days=3)).strftime("%a").lower(),
        )
        return service + "".join(
            AGENT.format(
                number=self.phone(who),
                who=who.value,
                service=self.service,
                queue=self.second if who is Who.SECOND else self.first,
            )
            for who in AGENTS
        )

    def queues_conf(self) -> str:
        """Its part of Asterisk's queues.conf."""
        return LANE_QUEUES.format(first=self.first, second=self.second)
