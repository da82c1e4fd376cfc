"""The API of a real gateway with real calls, held against its own OpenAPI document."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
import pytest_asyncio
from pydantic import BaseModel

from ccgateway.rig.installs import Install
from ccgateway.rig.sipp import Caller
from ccgateway.rig.waiting import until
from ccgateway.rig.world import World
from ccgateway.web.models import AgentDone, Agents, Attempt, Queues, Services, State
from ccgateway.web.stories import Calls, Story

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="module")]

RUN_WITHIN = 150.0
"""Seconds for schemathesis: some twelve where nothing else runs."""

ENDS_WITHIN = 30.0
"""Seconds for a call that is rung, answered and over in two or three."""

LEFT_OUT = {
    "/api/live": "a WebSocket",
    "/api/events": "it has no end",
    "/api/session": "wrong tokens close the door for this address, and with it for all the others",
    "/api/capture": "it goes on for as many minutes as it is asked for",
    "/api/reload": "it is asked with no body, and has tests of its own",
}


@dataclass(frozen=True, slots=True)
class Api:
    """A running gateway's API, with one ended and one live call."""

    url: str
    headers: dict[str, str]
    ended: str
    live: str

    async def get(self, path: str) -> Any:
        async with (
            aiohttp.ClientSession(self.url, headers=self.headers) as session,
            session.get(path) as response,
        ):
            assert response.status == 200, await response.text()
            return await response.json()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(install: Install) -> AsyncIterator[Api]:
    async with World() as world:
        headers = {"Authorization": f"Bearer {world.gateway.http_token}"}
        begun = Api(world.gateway.url, headers, "", "")
        world.sipps.place(
            [Caller("+358401234567", "1000", 1500), Caller("0401112223", "1000", 120_000)]
        )

        async def one_of_each() -> bool:
            calls = (await begun.get("/api/calls"))["calls"]
            return {call["disposition"] == "live" for call in calls} == {True, False}

        await until(one_of_each, "a live and an ended call in the list", seconds=ENDS_WITHIN)
        calls = (await begun.get("/api/calls"))["calls"]
        live, ended = (
            next(call["call_id"] for call in calls if (call["disposition"] == "live") is lives)
            for lives in (True, False)
        )
        yield Api(begun.url, headers, ended, live)


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/api/state", State),
        ("/api/agents", Agents),
        ("/api/queues", Queues),
        ("/api/services", Services),
        ("/api/calls", Calls),
        ("/api/calls?limit=1", Calls),
    ],
)
async def test_an_answer_holds_what_its_model_says_and_no_more(
    api: Api, path: str, model: type[BaseModel]
) -> None:
    model.model_validate_json(json.dumps(await api.get(path)), extra="forbid")


async def test_the_story_of_a_call_is_the_same_while_it_is_remembered_and_after(api: Api) -> None:
    """The first answer is of the gateway's memory; by the list it is PostgreSQL's."""
    for call in (api.live, api.ended):
        told = await api.get(f"/api/calls/{call}")
        story = Story.model_validate_json(json.dumps(told), extra="forbid")
        assert str(story.call_id) == call
        assert story.timeline
        assert story.decisions[0].what == "route"
        assert [visit.queue for visit in story.visits] == ["stations"]
        listed = (await api.get(f"/api/calls?case={story.case}"))["calls"]
        assert [one["call_id"] for one in listed] == [call]
        by_case = await api.get(f"/api/calls/{quote(f'#{story.case}', safe='')}")
        assert by_case == told


async def test_a_click_is_shown_as_its_model_says(api: Api) -> None:
    """Nobody is at this phone: the attempt ends, and is shown all the same."""
    body = {"agent": "201", "to": "0401234567", "service": "lines"}
    async with aiohttp.ClientSession(api.url, headers=api.headers) as session:
        async with session.post("/api/agents/201/login") as response:
            AgentDone.model_validate(await response.json(), extra="forbid")
        async with session.post("/api/calls", json=body) as response:
            placed = await response.json()
            assert response.status == 202, placed
            where = response.headers["Location"]
    Attempt.model_validate_json(json.dumps(placed), extra="forbid")

    async def it_ended() -> bool:
        seen = await api.get(where)
        Attempt.model_validate_json(json.dumps(seen), extra="forbid")
        return bool(seen["id"] == placed["id"] and seen["end"])

    await until(it_ended, "the end of the attempt", seconds=ENDS_WITHIN)


@pytest.mark.timeout(RUN_WITHIN + 60)
async def test_schemathesis_finds_nothing(api: Api, tmp_path: Path) -> None:
    """No answer is a 5xx, each is as the document says, what is wrong is refused and what is right
    is not; seeded, so each run asks the same."""
    known = {"path.call": api.live, "path.id": "102"}
    (tmp_path / "schemathesis.toml").write_text(
        "[parameters]\n" + "".join(f'"{name}" = "{value}"\n' for name, value in known.items())
    )
    words = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{api.url}/api/openapi.json"),
        *("--header", f"Authorization: {api.headers['Authorization']}", "--no-color"),
        *("--seed", "1", "--max-examples", "10", "--generation-database", "none"),
        *("--suppress-health-check", "all", "--warnings", "off"),
        *("--exclude-checks", "ignored_auth"),  # its wrong tokens, too, close the door
    ]
    for path in LEFT_OUT:
        words += ["--exclude-path", path]
    run = await asyncio.create_subprocess_exec(
        *words, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(RUN_WITHIN):
            said, _ = await run.communicate()
    finally:
        if run.returncode is None:
            run.kill()
            await run.wait()
    assert run.returncode == 0, said.decode()
    assert (await api.get("/healthz"))["status"] == "up"
