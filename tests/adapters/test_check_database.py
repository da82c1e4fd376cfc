"""What ``check`` says of a real PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ccgateway.check.finding import Finding, Severity
from ccgateway.check.judge import SYSTEM_CHECKS, judge, name_of
from ccgateway.check.probe_database import ask
from ccgateway.check.system import System
from ccgateway.config import Config, load
from ccgateway.postgres.migrate import migrate
from ccgateway.rig.ports import secret

TOML = """\
[agi]
secret = "{0}"
[http]
token = "{0}"
[[node]]
name = "pbx1"
secret = "{0}"
"""
TESTS_ALONE = {"database-durable"}  # a throw-away server, whose fsync is off


def _config(folder: Path, dsn: str) -> Config:
    file = folder / "ccgateway.toml"
    file.touch(mode=0o600)
    file.write_text(TOML.format(secret()) + f'[database]\ndsn = "{dsn}"\n')
    return load(file)


async def _found(folder: Path, dsn: str) -> dict[str, Finding]:
    config = _config(folder, dsn)
    system = System(folder / "ccgateway.toml", config, database=await ask(config))
    return {f.name: f for f in judge(system) if f.name.startswith("database")}


async def test_a_migrated_database_is_in_order(dsn: str, tmp_path: Path) -> None:
    found = await _found(tmp_path, dsn)
    wrong = [f for f in found.values() if f.severity is not Severity.OK]
    assert {finding.name for finding in wrong} <= TESTS_ALONE, wrong
    assert len(found) == sum(name_of(check).startswith("database") for check in SYSTEM_CHECKS)


async def test_an_empty_one_is_told_to_be_migrated_and_is_green_then(
    empty_dsn: str, tmp_path: Path
) -> None:
    before = (await _found(tmp_path, empty_dsn))["database-schema"]
    assert before.severity is Severity.WARNING
    assert before.mend
    assert before.mend.lines[0].startswith("ccgateway migrate")
    await migrate(empty_dsn)
    assert (await _found(tmp_path, empty_dsn))["database-schema"].severity is Severity.OK


async def test_one_that_is_not_there_is_away_and_the_rest_unseen(tmp_path: Path) -> None:
    found = await _found(tmp_path, "postgresql://nobody:secret@127.0.0.1:1/none")
    assert found["database-answers"].away
    assert found["database-version"].severity is Severity.UNKNOWN
    assert "secret" not in found["database-answers"].what


async def test_the_embedded_one_is_not_started(tmp_path: Path) -> None:
    config = _config(tmp_path, "")
    state = config.gateway.model_copy(update={"state_dir": tmp_path / "state"})
    found = await ask(replace(config, gateway=state))
    assert "does not run" in found.unseen
    assert not (tmp_path / "state").exists()
