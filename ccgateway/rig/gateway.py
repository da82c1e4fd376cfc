"""The gateway under test: a generated TOML file and a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ccgateway.errors import CcgError
from ccgateway.rig import processes
from ccgateway.rig.errors import RigError
from ccgateway.rig.hotline import CLIENT, LINES, LINES_NAMES, NAMES, OFFERS, Line, Offer
from ccgateway.rig.pbx_config import Addresses
from ccgateway.rig.ports import LOOPBACK
from ccgateway.rig.waiting import until
from ccgateway.web.client import Client

READY_SECONDS = 30.0  # it takes about 2, more on a busy machine
NODE = "pbx1"
EVERYBODY = {**NAMES, **LINES_NAMES}


@dataclass
class Gateway:
    """``ccgateway run`` as a child that dies with us."""

    folder: Path
    addresses: Addresses
    http_port: int
    http_token: str
    dsn: str
    offers: tuple[Offer, ...] = (*OFFERS, LINES)
    journals: Path | None = None  # Asterisk's log folder
    process: subprocess.Popen[bytes] | None = None
    people: Mapping[int, str] = field(default_factory=lambda: EVERYBODY)  # names by phone
    ready_seconds: float = READY_SECONDS
    environment: dict[str, str] = field(default_factory=dict)  # more than ours

    @property
    def config(self) -> Path:
        return self.folder / "ccgateway.toml"

    @property
    def log(self) -> Path:
        """Its log, one JSON object a line."""
        return self.folder / "gateway.log"

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.http_port}"

    @property
    def pid(self) -> int:
        if not self.process:
            raise RigError("the gateway is not running")
        return self.process.pid

    def client(self) -> Client:
        """A client of its API; to be used as an async context manager."""
        return Client(self.url, self.http_token)

    def configure(self) -> None:
        """(Re)write the TOML file."""
        self.config.touch(mode=0o600)  # it holds secrets
        self.config.write_text(toml(self, datetime.now(UTC)), encoding="utf-8")

    async def start(self, release: Path | None = None) -> None:
        """Start, and wait until it answers and its AMI link is up. ``release``: the folder of
        another release. Raises RigError."""
        self.spawn(release)
        await until(self._is_ready, "the gateway is ready", seconds=self.ready_seconds)

    def spawn(self, release: Path | None = None) -> None:
        """Start, and wait for nothing."""
        command = [sys.executable, "-m", "ccgateway", "run", "--config", str(self.config)]
        self.process = processes.start(command, self.log, cwd=release, extra_env=self.environment)

    async def answers(self) -> bool:
        """Whether it is up, be it without AMI. Raises RigError where it has ended."""
        return await self._nodes_up() is not None

    async def login(self, agents: Iterable[int]) -> None:
        """Log agents in over the API."""
        async with self.client() as client:
            for agent in agents:
                await client.agent("login", str(agent))

    def stop(self) -> None:
        """Stop it in order (SIGTERM)."""
        if self.process:
            processes.stop(self.process)
            self.process = None

    def kill(self) -> None:
        """End it by SIGKILL, as a crash would."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    async def _is_ready(self) -> bool:
        nodes = await self._nodes_up()
        return nodes is not None and all(nodes)

    async def _nodes_up(self) -> list[bool] | None:
        if self.process and self.process.poll() is not None:
            told = self.log.read_text(encoding="utf-8", errors="replace")[-3000:]
            raise RigError(f"the gateway ended with exit code {self.process.returncode}:\n{told}")
        with suppress(CcgError):
            async with self.client() as client:
                return [node["up"] for node in (await client.state())["nodes"]]
        return None


def toml(gateway: Gateway, now: datetime) -> str:
    """The whole configuration."""
    at = gateway.addresses
    quote = json.dumps  # TOML's basic strings are escaped as JSON's
    queues = sorted({queue for offer in gateway.offers for queue, _ in _staff(offer)})
    journals = f"journals = {quote(str(gateway.journals))}\n" if gateway.journals else ""
    parts = [
        f"""\
[gateway]
state_dir = {quote(str(gateway.folder / "state"))}

[log]
format = "json"
level = "info"

[database]
dsn = {quote(gateway.dsn)}

[agi]
listen = "{LOOPBACK}"
port = {at.agi_port}
secret = {quote(at.agi_secret)}

[http]
listen = "{LOOPBACK}"
port = {gateway.http_port}
token = {quote(gateway.http_token)}

[[node]]
name = "{NODE}"
host = "{LOOPBACK}"
port = {at.ami_port}
username = "ccgateway"
secret = {quote(at.ami_secret)}
fallback_queue = "ccg-fallback"
contexts = ["from-phones"]
{journals}
[[client]]
id = "{CLIENT}"
name = "Oil Company"
""",
        *(f'[[queue]]\nname = "{queue}"\n' for queue in queues),
        *(_service(offer, now) for offer in gateway.offers),
        *(_agent(agent, gateway.people[agent], gateway.offers) for agent in sorted(gateway.people)),
    ]
    return "\n".join(parts)


def _service(offer: Offer, now: datetime) -> str:
    # closed: open on one day only, which is neither today nor tomorrow, whatever the time zone
    day = (now + timedelta(days=3)).strftime("%a").lower()
    hours = [] if offer.open_now else [f"{day} 08:00-16:00"]
    return f"""\
[[service]]
id = "{offer.service}"
client = "{CLIENT}"
name = {json.dumps(offer.name)}
dids = {json.dumps([offer.did])}
queue = "{offer.queue}"
timezone = "Europe/Helsinki"
country = "FI"
hours = {json.dumps(hours)}
own_numbers = {json.dumps([offer.own_number] if offer.own_number else [])}
outbound_prefix = "{offer.prefix}"
{"".join(map(_target, offer.lines))}"""


def _target(line: Line) -> str:
    where = f'queue = "{line.queue}"' if line.queue else f'on_call = ["{line.on_call}"]'
    return f"""
[[service.target]]
name = "{line.name}"
digit = {line.digit}
tier = {line.tier}
{where}
wait_limit = {line.limit}
then = "{line.then}"
whisper = "{line.whisper}"
"""


def _staff(offer: Offer) -> list[tuple[str, tuple[int, ...]]]:
    """The queues of a service, with their agents."""
    lines = [(line.queue, line.agents) for line in offer.lines if line.queue]
    return [(offer.queue, offer.agents), *lines]


def _agent(agent: int, name: str, offers: Iterable[Offer]) -> str:
    found = {queue for offer in offers for queue, staff in _staff(offer) if agent in staff}
    queues = sorted(found)
    return f"""\
[[agent]]
id = "{agent}"
name = {json.dumps(name)}
phone = "PJSIP/{agent}"
queues = {json.dumps(queues)}
"""
