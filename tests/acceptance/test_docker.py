"""The images and compose.yaml, built and run by a real engine: ``make test-docker``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from ccgateway.rig import engine as engines
from ccgateway.rig.engine import Engine
from ccgateway.rig.errors import RigError
from ccgateway.rig.ports import take
from ccgateway.rig.progress import silent

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.alone,
    pytest.mark.long,
    pytest.mark.timeout(1200),  # base images, three builds, packages from the network
]

DUMP = "/tmp/ccgateway.dump"  # noqa: S108 - of the container
CALL = ("callers", "python3", "-m", "ccgateway.rig.visitors", "--calls", "1")
SERVICES = ("asterisk", "postgres", "gateway")
IMAGES_OF = ("setup", "asterisk", "postgres")  # setup's is the gateway's and the callers', too
AT_MOST = {"ccgateway": 400, "ccgateway-asterisk": 350, "ccgateway-postgres": 450}
"""Megabytes of each image, base included."""

SECRETS = {
    "gateway": ("/etc/ccgateway/secrets/ami", "/etc/ccgateway/secrets/http"),
    "postgres": ("/run/postgres-secret/password",),
}


class Centre:
    """compose.yaml, up."""

    def __init__(self, engine: Engine, project: str) -> None:
        self.engine, self.project = engine, project

    def compose(self, *words: str) -> str:
        """What a compose command prints; where it fails, with what the containers logged."""
        try:
            return self.engine.compose(self.project, *words)
        except RigError as error:
            logs = self.engine.compose(self.project, "logs", "--no-color", "--tail=30")
            raise RigError(f"{error}\n{logs}") from error

    def inside(self, service: str, *words: str) -> str:
        """What a command in a running container prints."""
        return self.engine.docker("exec", self.container(service), *words)

    def container(self, service: str) -> str:
        return self.engine.container(self.project, service)

    def rows(self, query: str) -> list[list[str]]:
        psql = ("psql", "-U", "postgres", "-d", "ccgateway", "-At", "-F", "\t", "-c", query)
        return [line.split("\t") for line in self.inside("postgres", *psql).splitlines()]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with ExitStack() as stack:
        port = take()
        stack.callback(port.release)
        # a free port on the host for the API; Engine hands its environment on
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("CCG_HTTP_PORT", str(port.one()))
        try:
            running = stack.enter_context(engines.running(silent))
        except RigError as error:
            pytest.skip(str(error))
        yield running


@pytest.fixture(scope="module")
def centre(engine: Engine) -> Iterator[Centre]:
    centre = Centre(engine, f"ccgateway-test-{uuid4().hex[:8]}")
    try:
        try:
            engine.build(centre.project, IMAGES_OF)
        except engines.NoNetwork as error:
            pytest.skip(str(error))
        centre.compose("up", "-d")
        yield centre
    finally:
        centre.compose("down", "--volumes", "--timeout", "5")


def test_one_call_and_its_row(centre: Centre) -> None:
    """Agents' phones register and log in by *11; a caller comes by the trunk, hears an agent's
    tone, and hangs up. That it ended at all is what PostgreSQL says."""
    said = centre.compose("run", "--rm", *CALL)
    assert "a caller talked with 10" in said
    query = """
        SELECT c.service, c.disposition, t.agent, c.ended_at > c.started_at
        FROM calls c JOIN talks t USING (call_id) WHERE c.direction = 'inbound'"""
    ((service, disposition, agent, is_over),) = centre.rows(query)
    assert (service, disposition, is_over) == ("hotline", "answered", "t")
    assert f"a caller talked with {agent}" in said


def test_commands_inside_and_from_the_host(centre: Centre) -> None:
    agents = json.loads(centre.inside("gateway", "ccgateway", "agent", "list", "--json"))
    assert [agent["id"] for agent in agents] == ["101", "102", "103"]
    port = os.environ["CCG_HTTP_PORT"]
    assert centre.engine.docker("port", centre.container("gateway")) == (
        f"8070/tcp -> 127.0.0.1:{port}\n"
    )


def test_a_restart_loses_nothing(centre: Centre) -> None:
    """Secrets, record and configuration are in volumes; setup makes no secret anew."""
    before = [centre.inside(service, "cat", *files) for service, files in SECRETS.items()]
    calls = centre.rows("SELECT call_id FROM calls ORDER BY call_id")
    centre.compose("up", "-d", "--force-recreate")
    after = [centre.inside(service, "cat", *files) for service, files in SECRETS.items()]
    assert after == before
    assert centre.rows("SELECT call_id FROM calls ORDER BY call_id") == calls


def test_backup_and_restore(centre: Centre) -> None:
    """As the README says; files stay inside here."""
    calls = centre.rows("SELECT call_id FROM calls ORDER BY call_id")
    assert calls
    centre.inside("postgres", "pg_dump", "-U", "postgres", "-Fc", "-f", DUMP, "ccgateway")
    centre.compose("stop", "gateway")
    centre.inside("postgres", "dropdb", "-U", "postgres", "ccgateway")
    centre.inside("postgres", "createdb", "-U", "postgres", "-O", "ccgateway", "ccgateway")
    centre.inside("postgres", "pg_restore", "-U", "postgres", "-d", "ccgateway", DUMP)
    centre.compose("start", "gateway")
    assert centre.rows("SELECT call_id FROM calls ORDER BY call_id") == calls
    said = centre.compose("run", "--rm", *CALL)
    assert "a caller talked with 10" in said


@pytest.mark.parametrize("service", SERVICES)
def test_nobody_is_root(centre: Centre, service: str) -> None:
    status = centre.inside(service, "cat", "/proc/1/status")
    fields = dict(line.split(":\t") for line in status.splitlines() if ":\t" in line)
    assert "0" not in fields["Uid"].split()
    assert int(fields["CapEff"], 16) == 0
    assert fields["NoNewPrivs"] == "1"


@pytest.mark.parametrize("image", AT_MOST)
def test_an_image_is_small_and_holds_no_secret(centre: Centre, image: str) -> None:
    (told,) = json.loads(centre.engine.docker("image", "inspect", image))
    assert told["Size"] / 1e6 < AT_MOST[image]
    assert told["Config"]["User"] not in {"", "root", "0"}
    folders = [str(Path(name).parent) for files in SECRETS.values() for name in files]
    find = f"find {' '.join(folders)} /etc/asterisk/ccgateway -type f 2>/dev/null; true"
    found = centre.engine.docker("run", "--rm", "--user=root", image, "sh", "-c", find)
    assert found == ""
