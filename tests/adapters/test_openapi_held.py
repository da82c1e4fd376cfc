"""The OpenAPI document, held against the routes that the run on a real gateway leaves out
(tests/acceptance/test_api.py), and against what those are told who see and may do less."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from ccgateway.access.bucket import Limit
from ccgateway.access.who import Role, Scope
from ccgateway.web.limits import Limits
from tests.adapters.centre import OWN_CALL, Book, Gateway
from tests.adapters.served import TOKEN

RUN_WITHIN = 150.0
"""Seconds for schemathesis: some five where nothing else runs."""

GENEROUS = Limits(Limit(burst=1_000_000, rate=1))
"""It shows wrong tokens, too."""

STREAMS = ("/api/live", "/api/events")
"""They have no end; see test_told.py."""

STATUSES = "not_a_server_error,status_code_conformance,content_type_conformance,ignored_auth"
"""What can be held against the centre's rows, which are not whole."""


async def run(folder: Path, book: Book, token: str, *words: str) -> None:
    """Let schemathesis ask with this token; seeded, so each run asks the same."""
    (folder / "schemathesis.toml").write_text(
        f'[parameters]\n"path.call" = "{OWN_CALL}"\n"path.id" = "101"\n'
    )
    async with Gateway(book, failed=GENEROUS, per_token=GENEROUS) as gateway:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{gateway.url}/api/openapi.json"),
            *("--header", f"Authorization: Bearer {token}", "--no-color", "--warnings", "off"),
            *("--seed", "1", "--max-examples", "10", "--generation-database", "none"),
            *("--suppress-health-check", "all", *words),
            cwd=folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(RUN_WITHIN):
                said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert process.returncode == 0, said.decode()


@pytest.mark.timeout(RUN_WITHIN + 30)
async def test_signing_in_and_reloading(tmp_path: Path) -> None:
    paths = ("--include-path", "/api/session", "--include-path", "/api/reload")
    await run(tmp_path, Book(), TOKEN, *paths)


@pytest.mark.timeout(RUN_WITHIN + 30)
@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.AGENT, Scope(agent="101")),
        (Role.AGENT, Scope(agent="gone")),
        (Role.SUPERVISOR, Scope(clients=frozenset(["oilco"]))),
    ],
    ids=["agent", "agent who is gone", "supervisor"],
)
async def test_who_may_less(tmp_path: Path, role: Role, scope: Scope) -> None:
    book = Book()
    paths = [word for path in STREAMS for word in ("--exclude-path", path)]
    await run(tmp_path, book, book.add("ccg_less", role, scope), "--checks", STATUSES, *paths)
