"""The release before, this one, and back; a backup, and the way back from it."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import pytest

from ccgateway.calls.call import Call
from ccgateway.rig import record
from ccgateway.rig.errors import RigError
from ccgateway.rig.repository import ROOT
from ccgateway.rig.sipp import Caller
from ccgateway.rig.waiting import until
from ccgateway.rig.world import World
from tests.acceptance.cli import run

pytestmark = [pytest.mark.acceptance, pytest.mark.long]

RELEASE_BEFORE = "04585dd3a07e76f081ccb81187b0038cb36a3b2f"
"""The last commit whose schema is FORMER (ccgateway/postgres/migrate.py): the main branch when it
had tokens and audit, and read no journals. Moved with FORMER."""

FETCHED_WITHIN = 60.0  # seconds for one commit without its history, 2 MB
HOTLINE = "1000"
ENDS_WITHIN = 40.0  # seconds


@pytest.fixture(scope="session")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the release before; a shallow clone fetches that one commit."""
    folder = tmp_path_factory.mktemp("before")
    archive = folder / "release.tar"
    shallow = git("rev-parse", "--is-shallow-repository").stdout.strip()
    if shallow == "true" and git("cat-file", "-e", RELEASE_BEFORE).returncode:
        with suppress(subprocess.TimeoutExpired):
            git("fetch", "--quiet", "--depth=1", "--no-write-fetch-head", "origin", RELEASE_BEFORE)
    made = git("archive", f"--output={archive}", RELEASE_BEFORE)
    if made.returncode:
        why = f"the release before ({RELEASE_BEFORE[:9]}) is not to be had: {made.stderr.strip()}"
        assert shallow != "false", why  # a whole clone has it
        pytest.skip(f"{why}. Of its schema alone: tests/adapters/test_postgres_released.py")
    subprocess.run(["tar", "-xf", str(archive), "-C", str(folder)], check=True)
    return folder


def git(*words: str) -> subprocess.CompletedProcess[str]:
    """A command in the checkout, which asks nobody for a password."""
    return subprocess.run(
        ["git", "-C", str(ROOT), *words],
        env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=FETCHED_WITHIN,
    )


async def talked(world: World, number: str) -> Call:
    """One real call to the hot line, and what the record has of it."""
    caller = world.sipps.place([Caller(number, HOTLINE, 3_000)])
    assert await caller.finished(ENDS_WITHIN) == 0

    async def ended() -> Call | None:
        calls = [call for call in await record.read(world.postgres.dsn) if call.ended_at]
        return next((call for call in calls if call.caller_number == number and call.talks), None)

    found = await until(ended, f"the call of {number} in the record", seconds=20)
    assert found is not None
    return found


async def ids(world: World) -> set[UUID]:
    return {call.call_id for call in await record.read(world.postgres.dsn)}


async def test_upgrade_rollback_and_upgrade_again(world: World, before: Path) -> None:
    """Each release takes calls on the schema of this one, and keeps those of the other."""
    gateway = world.gateway
    first = await talked(world, "+358407770001")
    token = run(gateway.config, "token", "create", "--name", "wall", "--role", "supervisor")
    assert token.returncode == 0, token.stderr
    gateway.stop()

    back = run(gateway.config, "migrate", "--back")
    assert (back.returncode, back.stdout) == (0, "taken back 0004\nthe schema is at 0003\n")
    await gateway.start(before)
    second = await talked(world, "+358407770002")
    gateway.stop()

    await gateway.start()
    third = await talked(world, "+358407770003")
    assert await ids(world) == {first.call_id, second.call_id, third.call_id}
    kept = run(gateway.config, "token", "list")
    assert "wall" in kept.stdout, kept.stderr


async def test_the_release_before_says_why_it_does_not_start(world: World, before: Path) -> None:
    """Without the step back: nobody is left to guess."""
    world.gateway.stop()
    with pytest.raises(RigError, match=r"exit code 4(.|\n)*migrated by a newer ccgateway"):
        await world.gateway.start(before)


async def test_backup_while_it_runs_and_restore(world: World, tmp_path: Path) -> None:
    gateway, file = world.gateway, tmp_path / "ccgateway.dump"
    first = await talked(world, "+358407770001")
    saved = run(gateway.config, "backup", str(file))
    assert saved.returncode == 0, saved.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    second = await talked(world, "+358407770002")

    refused = run(gateway.config, "restore", str(file))
    assert refused.returncode == 3, refused.stderr
    assert "another gateway" in refused.stderr

    gateway.stop()
    restored = run(gateway.config, "restore", str(file))
    assert restored.returncode == 0, restored.stderr
    assert await ids(world) == {first.call_id}
    await gateway.start()
    third = await talked(world, "+358407770003")

    async def whole() -> bool:
        return await ids(world) == {first.call_id, second.call_id, third.call_id}

    await until(whole, "Asterisk's journals tell the call that is younger than the backup")
