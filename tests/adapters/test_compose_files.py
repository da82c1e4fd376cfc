"""The files of docker/compose.yaml fit each other; they are run by tests/acceptance/test_docker.py,
where a Docker engine is there."""

from __future__ import annotations

import re
import shutil
import stat
from inspect import signature
from pathlib import Path

import pytest

from ccgateway.conffile import read
from ccgateway.config import load
from ccgateway.rig import visitors
from ccgateway.rig.repository import ROOT
from tests.acceptance.cli import run

DOCKER = ROOT / "docker"
ADDRESS = re.compile(r"\b172\.30\.70\.\d+\b")


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    """As docker/setup.sh leaves it: with secrets beside it."""
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name in ("ami", "agi", "http"):
        (secrets / name).write_text("s3cret-s3cret\n")
    (secrets / "dsn").write_text("postgresql://ccgateway:s3cret@postgres/ccgateway\n")
    for file in secrets.iterdir():
        file.chmod(0o640)
    return Path(shutil.copy(DOCKER / "ccgateway.toml", tmp_path))


def addresses(file: Path) -> set[str]:
    return set(ADDRESS.findall(file.read_text(encoding="utf-8")))


def test_addresses_are_those_of_the_network() -> None:
    compose = (DOCKER / "compose.yaml").read_text(encoding="utf-8")
    given = re.findall(r"ipv4_address: (\S+)", compose)
    asterisk, gateway, callers = given
    assert "subnet: 172.30.70.0/24" in compose
    assert addresses(DOCKER / "ccgateway.toml") == {asterisk, gateway}
    assert addresses(DOCKER / "asterisk/pjsip.conf") == {asterisk, callers}
    defaults = signature(visitors.visit).parameters
    assert (defaults["pbx"].default, defaults["own"].default) == (asterisk, callers)


def test_the_simulated_phones_are_the_agents_and_dial_the_service(toml: Path) -> None:
    config = load(toml)
    assert config.warnings == ()
    assert tuple(agent.phone for agent in config.agents) == tuple(
        f"PJSIP/{number}" for number in visitors.AGENTS
    )
    assert signature(visitors.visit).parameters["did"].default in config.services[0].dids
    pjsip = read(DOCKER / "asterisk/pjsip.conf", DOCKER / "asterisk")
    phones = {section.name for section in pjsip.sections if section.name.isdigit()}
    assert phones == set(visitors.AGENTS)


def test_init_adds_to_asterisks_files_without_a_word_of_doubt(toml: Path, tmp_path: Path) -> None:
    """With the options of docker/setup.sh; nothing of its own stands in the way."""
    setup = (DOCKER / "setup.sh").read_text(encoding="utf-8")
    options = re.findall(r"(--(?:trunk|phones)-context \S+|--trunk '\S+')", setup)
    words = [word.strip("'") for option in options for word in option.split()]
    etc = tmp_path / "etc"
    shutil.copytree(DOCKER / "asterisk", etc)
    (tmp_path / "var/log/asterisk/cel-custom").mkdir(parents=True)
    done = run(toml, "init", "--root", str(tmp_path), "--etc", "/etc", "--apply", *words)
    assert done.returncode == 0, done.stderr
    assert not [line for line in done.stdout.splitlines() if line.startswith("!")], done.stdout
    door = (etc / "ccgateway/extensions.conf").read_text()
    assert "exten => +358942454000,1,Goto(ccg-inbound" in door
    assert "include => ccg-agent-codes" in door
    assert "agi://172.30.70.20:4573" in door
    assert "permit = 172.30.70.20/255.255.255.255" in (etc / "ccgateway/manager.conf").read_text()


@pytest.mark.parametrize("script", ["setup.sh", "postgres.sh", "install-asterisk.sh"])
def test_scripts_can_be_run(script: str) -> None:
    """They are copied into images as they are."""
    assert (DOCKER / script).stat().st_mode & stat.S_IXOTH
    assert (DOCKER / script).read_bytes().startswith(b"#!/bin/sh\n")


def test_what_images_are_built_from_is_not_ignored() -> None:
    """A COPY of what .dockerignore leaves out ends the build."""
    kept = {
        line.removeprefix("!").split("/")[0]
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    for dockerfile in DOCKER.glob("*.Dockerfile"):
        for words in re.findall(
            r"^COPY ((?!--)[^\n]+)", dockerfile.read_text("utf-8"), re.MULTILINE
        ):
            for source in words.split()[:-1]:
                assert source.split("/")[0] in kept, f"{dockerfile.name}: {source}"
                assert (ROOT / source).exists()
